"""What the story's sale earned: a bonus, a closed month, a return, statements explained (R1, R2, R13, R14)."""

from functools import partial
from typing import Any

from mainstay.demo.asking import accrued, decide, find_request
from mainstay.demo.client import until
from mainstay.demo.story import Story


async def confirm_bonus(story: Story) -> None:
    """Step 5, R2 and C8: a new brand earns the rep 800.00 CNY, pending until the general manager confirms."""
    cast = story.cast
    salesperson = f"salesperson:{cast.rep.user_id}"

    async def pending() -> dict[str, Any] | None:
        page = await cast.rep.get("rewards", f"/accruals?beneficiary={salesperson}&policy=new-product-bonus")
        return page["items"][0] if page["items"] else None

    bonus = await until("the new-product bonus", pending)
    await cast.rep.post("rewards", "/bonus-confirmations", {"reward_id": bonus["id"]})
    await cast.set_clock("2021-03-12T09:00:00+01:00")
    request = await find_request(story, "award")
    await decide(story, cast.gm, request["id"])

    async def payable() -> dict[str, Any] | None:
        page = await cast.rep.get("rewards", f"/accruals?beneficiary={salesperson}&policy=new-product-bonus")
        return next((item for item in page["items"] if item["state"] == "payable"), None)

    story.bonus = {"first": bonus, "confirmed": await until("the confirmed bonus", payable)}


async def close_march(story: Story) -> None:
    """Step 6, R13: grace is over on 04-06; the month closes and says, line by line, what was earned and why."""
    await story.cast.set_clock("2021-04-06T00:00:00+01:00")
    story.closed = await story.cast.fin.post("rewards", "/periods/2021-03/close", {}, expect=200)
    await read_statements(story, "2021-03")
    story.printed["2021-03"] = await march_as_known(story, "2021-04-11T00:00:00+01:00")


async def return_fifty(story: Story) -> None:
    """Step 7, R14: 50 of the second order come back; April takes what they earned, and what the month fell by."""
    await story.cast.set_clock("2021-04-12T10:00:00+01:00")
    await story.cast.rep.post(
        "pricing",
        f"/orders/{story.orders[1]['id']}/returns",
        {"reason": "display fault", "lines": [{"line": 1, "quantity": 50}]},
    )
    story.accruals = await until("the clawback", partial(accrued, story, "volume-subsidy", 5))

    async def tested_again() -> dict[str, Any] | None:
        salesperson = f"salesperson:{story.cast.rep.user_id}"
        page = await story.cast.rep.get("rewards", f"/accruals?beneficiary={salesperson}&policy=new-product-bonus")
        return next((item for item in page["items"] if item["kind"] == "re_evaluation"), None)

    retest = await until("the bonus tested again", tested_again)
    story.bonus["retest"] = retest
    story.bonus["retest_explained"] = await story.cast.rep.get("rewards", f"/accruals/{retest['id']}/explanation")
    await read_statements(story, "2021-04")
    story.printed["2021-03 again"] = await march_as_known(story, "2021-04-11T00:00:00+01:00")


async def march_as_known(story: Story, instant: str) -> bytes:
    account = f"account:{story.account['id']}"
    answer = await story.cast.fin.ask(
        "GET",
        "rewards",
        "/statements",
        expect=200,
        params={"beneficiary": account, "period": "2021-03", "known_at": instant},
    )
    return bytes(answer.content)


async def read_statements(story: Story, period: str) -> None:
    """The statements of the account and of its rep, with each line explained in both languages."""
    parties = {"account": f"account:{story.account['id']}", "rep": f"salesperson:{story.cast.rep.user_id}"}
    for party, beneficiary in parties.items():
        page = await story.cast.fin.get("rewards", "/statements", params={"beneficiary": beneficiary, "period": period})
        statement = page["items"][0]
        story.statements[f"{party} {period}"] = statement
        for row in statement["lines"]:
            for language in ("en", "zh"):
                story.explanations[row["reward_id"], language] = await story.cast.fin.get(
                    "rewards", row["explanation"].removeprefix("/v1"), headers={"Accept-Language": language}
                )
