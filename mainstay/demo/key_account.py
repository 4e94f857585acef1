"""The story's customer: a dossier, the key-account list, a class, an election (A1, A2, A4, A5, A12)."""

import json
from typing import Any

from mainstay.demo.asking import decide, find_request, when_state
from mainstay.demo.client import until
from mainstay.demo.story import LICENCE, Story


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
