"""A11: `account.in_support_programme` is answered inside accounts: by documents of the day and by ratings."""

from datetime import timedelta

from services.accounts.ratings.facts import RatingFacts
from services.accounts.ratings.gathering import Ground, what_is_known
from services.accounts.ratings.questions import Asked
from services.accounts.support.gathering import Asking
from shared.db.session import commit
from shared.policy.compiled import CompiledPolicies
from shared.policy.forms import read_document
from shared.policy.measure import Measure
from shared.policy.rulebook import Rulebook
from shared.policy.seed import seed_pack
from shared.trace import Evidence, NoEvidence, Subject
from tests.accounts.programmes_house import House
from tests.accounts.support.test_support import PATH, ZONE, evaluate, join, promising, show, today_of

FACT = "account.in_support_programme"
SERVED_FIRST = {
    "id": "programme-served-first",
    "form": "conditions",
    "row": ["A14"],
    "title": {"en": "Members of the programme are served first", "zh": "重点扶持客户优先服务"},
    "source": {"document": "policies.md", "clause": "A11", "says": {"en": "Ours.", "zh": "我方设定。"}},
    "owner": "sales_director",
    "zone": ZONE,
    "valid": {"from": "2000-01-01"},
    "subject": "account",
    "at": ["day.starting"],
    "require": {"fact": FACT, "is": True},
    "then": {"flag": "priority_service"},
}


async def whole(house: House) -> str:
    """An account of which everything the seven conditions ask was shown."""
    account_id = await promising(house)
    for fact in ("own_unit", "office", "dormitory", "organisation_complete", "incentive_scheme", "single_brand"):
        await show(house, account_id, fact, "true")
    await show(house, account_id, "promoters", "15")
    await show(house, account_id, "dedicated_funds", "1000000.00", currency="CNY")
    async with house.accounts.sessions() as session:
        rules = Rulebook((await CompiledPolicies().current(session)).in_force(today_of(house)))
    for row in Asking("support", rules, today_of(house), ZONE).checklist:
        await show(house, account_id, "equipment_missing", str(row.at_least), item=row.item)
    return account_id


async def served_first(house: House, account_id: str) -> bool:
    answer = await house.people["rep"].get(f"/v1/accounts/{account_id}/priority-service")
    assert "programme-served-first@1" in answer.json()["policies"], answer.text
    return bool(answer.json()["priority"])


async def test_a_document_of_the_day_asks_whether_an_account_is_in_the_programme_with_all_conditions_met_a11(house):
    async with house.accounts.sessions() as session:
        now = house.accounts.app.state.mainstay.clock.now()
        await seed_pack(session, service="accounts", documents=[read_document(SERVED_FIRST)], now=now)
        await commit(session)
    account_id = await whole(house)
    assert not await served_first(house, account_id), "it is no member"
    membership = (await join(house, account_id)).json()
    assert (await evaluate(house, account_id)).json()["answer"] == "pass"
    assert await served_first(house, account_id)
    await show(house, account_id, "promoters", "14", seen_on=today_of(house).isoformat())
    await evaluate(house, account_id)
    assert not await served_first(house, account_id), "the last evaluation is open again"
    left = await house.people["kam"].post(f"{PATH}/memberships/{membership['id']}/exit", {"reason": "moves away"})
    assert left.status_code == 201
    assert not await served_first(house, account_id)


async def test_a_rating_that_asks_for_it_is_answered_as_of_its_own_day_a11(house):
    account_id, stranger = await whole(house), await house.opened()
    await join(house, account_id)
    today = today_of(house)
    measure = Measure.model_validate({"fact": FACT})
    for day, expected in (
        (today, {account_id: Evidence(True), stranger: Evidence(False)}),
        (today - timedelta(days=1), {account_id: NoEvidence("an evaluation"), stranger: Evidence(False)}),
    ):
        ground = Ground(day, ZONE, Asked("CNY", ((measure, None),)), (), {})
        async with house.accounts.sessions() as session:
            known = await what_is_known(session, account_ids=[account_id, stranger], ground=ground)
        moment = house.accounts.app.state.mainstay.clock.now()
        found = {
            name: RatingFacts(account).value(measure, Subject("account", name), None, moment)
            for name, account in known.items()
        }
        assert found == expected
