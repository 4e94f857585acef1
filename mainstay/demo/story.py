"""One key account from dossier to statement: each step is played over HTTP and returns what a person would look at."""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mainstay.demo.cast import Cast
from mainstay.demo.client import Person, until

LICENCE = {"type": "business_licence", "number": "CD/KIN/RCCM/12-B-0417"}


class Contradicted(Exception):
    """An answer that was promised to be the same is another one."""


@dataclass(slots=True)
class Story:
    """What the story has made so far; each step fills in its part."""

    cast: Cast
    account: dict[str, Any] = field(default_factory=dict)
    completeness: list[dict[str, Any]] = field(default_factory=list)
    key_list: dict[str, Any] = field(default_factory=dict)
    rating: dict[str, Any] = field(default_factory=dict)
    rating_explained: dict[str, Any] = field(default_factory=dict)
    klass: dict[str, Any] = field(default_factory=dict)
    election: dict[str, Any] = field(default_factory=dict)
    quote: dict[str, Any] = field(default_factory=dict)
    exception: dict[str, Any] = field(default_factory=dict)
    preview: dict[str, Any] = field(default_factory=dict)
    contract: dict[str, Any] = field(default_factory=dict)
    chain: dict[str, Any] = field(default_factory=dict)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    """Who sent his approval twice with one key, and was answered the same."""
    orders: list[dict[str, Any]] = field(default_factory=list)
    accruals: list[dict[str, Any]] = field(default_factory=list)
    march_accruals: list[dict[str, Any]] = field(default_factory=list)
    bonus: dict[str, Any] = field(default_factory=dict)
    closed: dict[str, Any] = field(default_factory=dict)
    statements: dict[str, dict[str, Any]] = field(default_factory=dict)
    explanations: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    printed: dict[str, bytes] = field(default_factory=dict)


async def open_dossier(story: Story) -> None:
    """Step 1, A1: the file is opened without the licence; completeness says so; the paper comes."""
    await story.cast.set_clock("2020-12-01T09:00:00+01:00")
    rep = story.cast.rep
    story.account = await rep.post(
        "accounts",
        "/accounts",
        {
            "legal_name": "Ngaliema Mobile Trading SARL",
            "nature": "limited company",
            "address": "12 avenue du Commerce, Gombe, Kinshasa",
            "postcode": "00243",
            "phone": "+243 81 000 0000",
            "fax": "+243 81 000 0001",
            "email": "purchasing@ngaliema.example",
            "founded_on": "2012-05-14",
            "registered_capital": {"amount": "500000.00", "currency": "USD"},
            "shareholders": "J. Mbuyi 60 %, C. Chen 40 %",
            "head_count_local": 42,
            "head_count_foreign": 3,
            "branch": "kinshasa",
            "channel": "dealer",
            "sales_class": "wholesale",
            "industry": "telecom retail",
            "industrial": False,
            "developer": rep.user_id,
        },
    )
    path = f"/accounts/{story.account['id']}"
    await story.cast.kam.ask(
        "PUT",
        "accounts",
        f"{path}/team",
        expect=200,
        json={
            "members": [
                {"user_id": rep.user_id, "duty": "account_rep", "share": "1", "valid_from": "2020-12-01"},
                {"user_id": story.cast.kam.user_id, "duty": "key_account_manager", "valid_from": "2020-12-01"},
            ],
            "developer": rep.user_id,
        },
    )
    await rep.post(
        "accounts",
        f"{path}/people",
        {
            "role": "main_contact",
            "name": "Chen Li",
            "title": "purchasing director",
            "education": "MBA",
            "birth_date": "1984-02-29",
            "interests": "football",
            "family_notes": "two children",
        },
    )
    story.completeness.append(await rep.get("accounts", f"{path}/dossier"))
    await rep.post(
        "accounts",
        f"{path}/documents",
        LICENCE | {"issued_on": "2012-06-01", "expires_on": "2024-06-01"},
    )
    story.completeness.append(await rep.get("accounts", f"{path}/dossier"))


async def agree_key_account_list(story: Story) -> None:
    """Step 1, A4: nominated by departments, agreed by all four of them."""
    heads, account_id = story.cast.department_heads, story.account["id"]
    await heads["market_development"].post(
        "accounts",
        "/nominations",
        {
            "half_year": "2021-H1",
            "account_id": account_id,
            "department": "market_development",
            "reasons": [
                {
                    "fact": "account.develops_market",
                    "value": True,
                    "evidence": "opened 14 shops in two provinces in 2020",
                }
            ],
        },
    )
    await story.cast.kam.post("accounts", "/key-account-lists/2021-H1/propose", {})
    request = await find_request(story, "key_account_list", "2021-H1")
    for head in heads.values():
        await decide(story, head, request["id"])
    story.key_list = await until(
        "the agreement on the key-account list", lambda: when_state(story, "/key-account-lists/2021-H1", "agreed")
    )


async def rate_account(story: Story) -> None:
    """Step 1, A2 and A5: purchases and two assessments make a proposal; granted, it holds from 2021-01-01."""
    cast, account_id = story.cast, story.account["id"]
    await cast.set_clock("2020-12-15T09:00:00+01:00")
    await cast.integrator.ask(
        "POST",
        "pricing",
        "/order-imports?format=ndjson&pricing=as_invoiced&mapping=standard",
        expect=200,
        content=prior_year(story.account["number"]),
        headers={"Content-Type": "application/x-ndjson"},
    )
    for fact, value in (("account.credit", "high"), ("account.territory_share", "0.25")):
        await cast.kam.post(
            "accounts",
            f"/accounts/{account_id}/assessments",
            {"fact": fact, "value": value, "assessed_on": "2020-12-10", "evidence": "bank reference and market survey"},
        )

    async def with_volume() -> dict[str, Any] | None:
        run = await cast.kam.post(
            "accounts", "/rating-runs", {"accounts": [account_id], "as_of": "2020-12-15", "preview": True}
        )
        return run if run["results"] and run["results"][0]["score"] == "91.11" else None

    await until("last year's purchases in the accounts service", with_volume)
    run = await cast.kam.post(
        "accounts", "/rating-runs", {"accounts": [account_id], "as_of": "2020-12-15", "preview": False}
    )
    story.rating = run["results"][0]
    story.rating_explained = await cast.kam.get(
        "accounts", f"/rating-proposals/{story.rating['proposal_id']}/explanation"
    )
    await cast.set_clock("2020-12-20T09:00:00+01:00")
    request = await find_request(story, "rating", story.rating["proposal_id"])
    await decide(story, cast.kam, request["id"])
    await decide(story, cast.sales, request["id"])

    async def class_a() -> dict[str, Any] | None:
        answer = await cast.kam.get("accounts", f"/accounts/{account_id}/classes?as_of=2021-01-01")
        return answer if answer.get("grade") == "A" else None

    story.klass = await until("class A from 2021-01-01", class_a)


def prior_year(number: str) -> bytes:
    """1,200,000 CNY of 2020, as another system sends it: twelve monthly invoices, no costs."""
    return b"".join(json.dumps(invoice(number, month)).encode() + b"\n" for month in range(1, 13))


def invoice(number: str, month: int) -> dict[str, Any]:
    return {
        "reference": f"ERP-2020-{month:02}",
        "account": number,
        "sku": "HANDSET-OLD",
        "quantity": 100,
        "unit_price": "1000.00",
        "ordered_at": f"2020-{month:02}-10T09:00:00+01:00",
    }


async def elect_subsidy(story: Story) -> None:
    """Step 1, A12: on 12-21 a named person elects the subsidy for 2021."""
    await story.cast.set_clock("2020-12-21T09:00:00+01:00")
    story.election = await story.cast.rep.post(
        "accounts",
        "/elections",
        {
            "account_id": story.account["id"],
            "programme": "p4",
            "choice": "subsidy",
            "valid_from": "2021-01-01",
            "valid_until": "2022-01-01",
            "elected_by": "Ms Chen Li, purchasing director",
        },
    )


async def publish_price(story: Story) -> None:
    """Step 2's ground: a handset of a brand never sold before, with its cost, list price and floor."""
    await story.cast.set_clock("2021-01-04T09:00:00+01:00")
    marketing = story.cast.mkt
    await marketing.post(
        "pricing",
        "/products",
        {
            "sku": "HANDSET-N1",
            "title": {"en": "Handset N1", "zh": "N1手机"},
            "kind": "handset",
            "product_line": "handsets",
            "brand": "Nova",
            "new_brand_from": "2021-01-01",
            "new_brand_until": "2022-01-01",
        },
    )
    await story.cast.fin.post(
        "pricing",
        "/products/HANDSET-N1/costs",
        {"cost": {"amount": "700.00", "currency": "CNY"}, "valid_from": "2021-01-01"},
    )
    await marketing.post(
        "pricing",
        "/price-lists/standard/prices",
        {
            "sku": "HANDSET-N1",
            "price": {"amount": "1000.00", "currency": "CNY"},
            "floor": {"amount": "900.00", "currency": "CNY"},
            "valid_from": "2021-01-01",
        },
    )


async def quote_below_floor(story: Story) -> None:
    """Step 2, P2 and C5: 880.00 is below the floor; the marketing director agrees by mail, for 1 to 600 until 04-01."""
    cast = story.cast
    await cast.set_clock("2021-03-02T09:00:00+01:00")
    quote = await cast.rep.post(
        "pricing",
        "/quotes",
        {
            "account_id": story.account["id"],
            "price_list": "standard",
            "lines": [
                {
                    "sku": "HANDSET-N1",
                    "quantity": 600,
                    "requested_unit_price": {"amount": "880.00", "currency": "CNY"},
                    "reason": "launch order for fourteen shops",
                }
            ],
        },
    )
    story.exception = {"state": quote["state"], "lines": quote["lines"]}
    request = await find_request(story, "quote_line", f"{quote['id']}:1")
    terms = {"price": "880.00", "quantity_from": 1, "quantity_to": 600, "valid_until": "2021-04-01"}
    await decide(story, cast.marketing, request["id"], terms=terms)
    await until("the exception's grant in pricing", lambda: quote_state(story, quote["id"], "priced"))
    story.quote = await cast.rep.post(
        "pricing", f"/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen Li"}, expect=200
    )


async def approve_contract(story: Story) -> None:
    """Step 3, C2: drafted with 590, changed to 600 while pending; five people decide; nobody on his own request."""
    cast, rep = story.cast, story.cast.rep
    await cast.set_clock("2021-03-03T09:00:00+01:00")
    draft = await rep.post("approvals", "/contracts", contract_body(story, quantity=590))
    path = f"/contracts/{draft['id']}"
    await rep.post("approvals", f"{path}/submit", {}, expect=200)
    tag = (await rep.ask("GET", "approvals", path, expect=200)).headers["ETag"]
    await rep.ask(
        "PATCH",
        "approvals",
        path,
        expect=200,
        json={"lines": contract_body(story, quantity=600)["lines"]},
        headers={"If-Match": tag},
    )
    story.preview = await rep.post(
        "approvals", "/routes/preview", {"route": "contract-route", "contract_id": draft["id"]}, expect=200
    )
    submitted = await rep.post("approvals", f"{path}/submit", {}, expect=200)
    request_id = submitted["request_id"]
    own = await rep.ask(
        "POST",
        "approvals",
        f"/requests/{request_id}/decisions",
        json={"decision": "approve"},
        headers={"If-Match": '"1"'},
    )
    story.refusals.append({"who": "the requester himself", "status": own.status_code, "body": own.json()})
    for person in (cast.kam, cast.legal, cast.marketing, cast.findir, cast.gm):
        await decide(story, person, request_id, twice=True)
    story.chain = await rep.get("approvals", f"/requests/{request_id}")
    await cast.set_clock("2021-03-08T09:00:00+01:00")
    await rep.post("approvals", f"{path}/sign", {"signed_on": "2021-03-08", "evidence": mail("2021-03-08")}, expect=200)
    story.contract = await rep.post("approvals", f"{path}/activate", {"active_on": "2021-03-08"}, expect=200)


def contract_body(story: Story, *, quantity: int) -> dict[str, Any]:
    return {
        "account_id": story.account["id"],
        "quote_id": story.quote["id"],
        "lines": [{"quote_line": 1, "quantity": quantity}],
        "first_responsible": story.cast.kam.user_id,
        "documents": [LICENCE],
        "valid_from": "2021-03-08",
        "valid_until": "2022-01-01",
    }


async def deliver_orders(story: Story) -> None:
    """Step 4, R1: 400 then 200 pieces, delivered and paid; the whole month earns the tier that it reaches."""
    for day, quantity, amount in (("2021-03-10", 400, "352000.00"), ("2021-03-25", 200, "176000.00")):
        await story.cast.set_clock(f"{day}T10:00:00+01:00")
        story.orders.append(await order_and_pay(story, quantity, amount))
        count = 1 if quantity == 400 else 3
        story.accruals = await until("the subsidy's accrual", partial(accrued, story, "volume-subsidy", count))
        if quantity == 400:
            await confirm_bonus(story)
    story.march_accruals = story.accruals


async def order_and_pay(story: Story, quantity: int, amount: str) -> dict[str, Any]:
    rep = story.cast.rep
    order = await rep.post(
        "pricing",
        "/orders",
        {
            "quote_id": story.quote["id"],
            "contract_id": story.contract["id"],
            "lines": [{"quote_line": 1, "quantity": quantity}],
        },
    )
    path = f"/orders/{order['id']}"
    await rep.post("pricing", f"{path}/confirm", {}, expect=200)
    await rep.post("pricing", f"{path}/deliveries", {"lines": [{"line": 1, "quantity": quantity}]})
    money = {"amount": amount, "currency": "CNY"}
    await story.cast.fin.post("pricing", f"{path}/payments", {"amount": money})
    delivered: dict[str, Any] = await rep.get("pricing", path)
    return delivered


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


async def be_refused(story: Story) -> None:
    """Step 8: the same request without a token, by another branch, with a wrong body."""
    cast = story.cast
    url = f"{cast.world.urls['pricing']}/v1/orders/{story.orders[0]['id']}"
    nobody = await cast.world.http.get(url)
    story.refusals.append({"who": "without a token", "status": nobody.status_code, "body": nobody.json()})
    other = await cast.other_rep.ask("GET", "pricing", f"/orders/{story.orders[0]['id']}")
    story.refusals.append({"who": "another branch", "status": other.status_code, "body": other.json()})
    wrong = await cast.rep.ask(
        "POST",
        "pricing",
        "/quotes",
        json={
            "account_id": story.account["id"],
            "price_list": "standard",
            "lines": [{"sku": "HANDSET-N1", "quantity": -1}],
        },
    )
    story.refusals.append({"who": "a wrong body", "status": wrong.status_code, "body": wrong.json()})


# ---- looking and deciding -------------------------------------------------------------------------------------------


async def find_request(story: Story, subject_type: str, subject_id: str | None = None) -> dict[str, Any]:
    """The open request on a subject, or on the account's only one of a kind, once the ask has reached approvals."""
    asked = {"subject_id": subject_id} if subject_id else {"account_id": story.account["id"]}

    async def look() -> dict[str, Any] | None:
        page = await story.cast.auditor.get("approvals", "/requests", params={"subject_type": subject_type} | asked)
        return next((item for item in page["items"] if item["state"] == "pending"), None)

    return await until(f"the request on {subject_type} {subject_id or ''}", look)


async def decide(
    story: Story, person: Person, request_id: str, *, terms: dict[str, Any] | None = None, twice: bool = False
) -> None:
    """One person's yes to the version he has seen; `twice` sends it again with the same key and compares."""
    seen = await person.ask("GET", "approvals", f"/requests/{request_id}", expect=200)
    step = next(step for step in seen.json()["steps"] if may_act(person, step))
    body: dict[str, Any] = {"step": step["id"], "decision": "approve"}
    if step["evidence"]:
        body["evidence"] = mail(step["opened_at"][:10])
    if terms:
        body["terms"] = terms
    headers = {"If-Match": seen.headers["ETag"], "Idempotency-Key": f"{request_id}:{person.username}"}
    path = f"/requests/{request_id}/decisions"
    first = await person.ask("POST", "approvals", path, expect=200, json=body, headers=headers)
    if twice:
        again = await person.ask("POST", "approvals", path, expect=200, json=body, headers=headers)
        if again.content != first.content:
            raise Contradicted(f"{person.name}'s second approve with the same key answered something else")
        story.repeated.append(person.username)


def may_act(person: Person, step: dict[str, Any]) -> bool:
    return any(one["user_id"] == person.user_id for one in step["acting"])


def mail(day: str) -> dict[str, str]:
    """An e-mail that came on that day, as the evidence of an approval."""
    return {"channel": "email", "reference": f"Message-ID <{day}@mainstay.example>", "received_at": f"{day}T06:00:00Z"}


async def when_state(story: Story, path: str, state: str) -> dict[str, Any] | None:
    answer: dict[str, Any] = await story.cast.kam.get("accounts", path)
    return answer if answer["state"] == state else None


async def quote_state(story: Story, quote_id: str, state: str) -> dict[str, Any] | None:
    answer: dict[str, Any] = await story.cast.rep.get("pricing", f"/quotes/{quote_id}")
    return answer if answer["state"] == state else None


async def accrued(story: Story, policy: str, count: int) -> list[dict[str, Any]] | None:
    page = await story.cast.fin.get(
        "rewards", "/accruals", params={"beneficiary": f"account:{story.account['id']}", "policy": policy}
    )
    return page["items"] if len(page["items"]) >= count else None


STEPS = (
    open_dossier,
    agree_key_account_list,
    rate_account,
    elect_subsidy,
    publish_price,
    quote_below_floor,
    approve_contract,
    deliver_orders,
    close_march,
    return_fifty,
    be_refused,
)
