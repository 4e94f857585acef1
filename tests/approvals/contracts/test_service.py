"""The story's contract on real PostgreSQL: drafted, changed while pending, approved by five, signed, at work."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from services.approvals import answers
from services.approvals.contracts import repository, service
from services.approvals.contracts.amounts import NoExchangeRate
from services.approvals.contracts.content import Line, PaymentTerms
from services.approvals.contracts.domain import AccountMerged, BackdatedWithoutReason, ContractNotInState
from services.approvals.contracts.moments import ApprovalNeeded
from services.approvals.contracts.service import Doing
from services.approvals.facts.consumer import LEARNED
from services.approvals.facts.models import KnownAccount, KnownClass, KnownRate
from services.approvals.requests import repository as requests
from services.approvals.requests import service as approvals
from services.approvals.requests.domain import Choice, Decision, Evidence, SegregationOfDuties, Subject
from services.approvals.requests.service import Ask, InitiatorNotAdmitted
from shared.auth.people import find_principal
from shared.auth.principal import Reach
from shared.db.mechanisms import outbox
from shared.errors import NotFound
from shared.events.accounts import AccountsMerged, AccountsParted
from shared.events.contracts import ContractActivated
from shared.http.conditional import PreconditionFailed
from shared.ids import new_id
from shared.outbox import flush
from shared.policy.evaluation import NothingKnown
from shared.policy.rulebook import PolicyRefuses
from shared.trace import Subject as PolicySubject
from tests.approvals.build import START
from tests.approvals.contracts.build import CONTENT, HANDSETS, one_line
from tests.approvals.requests.test_service import hire

EVERYWHERE = Reach(everywhere=True, branches=frozenset(), user_id="x", account_id=None)
CHAIN = [("kam", "first"), ("lawyer", "legal"), ("marketing", "marketing"), ("findir", "finance"), ("gm", "general")]
PROOF = Evidence("signature", "paper 12", START)


@pytest.fixture
async def story(session, at):
    """People, a dealer with a licence and class A, the rate of 6.50, and the grant of the price exception."""
    return await Story(session, at).begin()


class Story:
    def __init__(self, session, at):
        self.session, self._at, self.now = session, at, START
        self.account = str(new_id())

    async def begin(self):
        self.people = await hire(self.session)
        self.session.add(
            KnownAccount(
                account_id=self.account,
                number="K-1",
                legal_name="Congo Mobile",
                branch="kinshasa",
                industrial=False,
                frozen=False,
                licence_number="CD-1",
                licence_expires_on=date(2021, 12, 31),
                licence_file_hash="f" * 64,
                team=[],
            )
        )
        await self.session.flush()
        self.session.add(KnownClass(account_id=self.account, valid_from=date(2021, 1, 1), grade="A", proposal_id="p"))
        await self.session.merge(
            KnownRate(base="USD", quote="CNY", day=date(2021, 1, 1), rate=Decimal("6.50"), source="illustrative")
        )
        self.exception = await self._grant_exception()
        line = replace(HANDSETS, exception=replace(HANDSETS.exception, subject_id=self.exception))
        self.content = replace(CONTENT, lines=(line,), first_responsible=self.people["kam"])
        return self

    async def _grant_exception(self):
        """The marketing director approved 880.00 for 1-600 pieces until 1 April."""
        subject = str(new_id())
        ask = Ask(
            subject=Subject("quote_line", subject, 1),
            content_hash="h",
            content={},
            route="price-exception",
            about=PolicySubject("quote_line", subject),
            facts=NothingKnown(),
            initiator=self.people["rep"],
            requester=self.people["rep"],
            branch="kinshasa",
        )
        row = await approvals.seek_approval(self.session, ask, at=self.at)
        terms = {
            "price": {"amount": "880.00", "currency": "CNY"},
            "quantity_from": 1,
            "quantity_to": 600,
            "valid_until": "2021-04-01",
        }
        decision = Decision(self.people["marketing"], Choice.APPROVE, START, evidence=PROOF, terms=terms)
        await approvals.decide_step(self.session, row.id, decision, expected_version=1, reach=EVERYWHERE, at=self.at)
        return subject

    @property
    def at(self):
        return self._at(self.now)

    async def doing(self, who="rep", permission="contracts.write"):
        caller = await find_principal(self.session, user_id=self.people[who], on=self.at.today)
        return Doing(caller, caller.reach(permission), self.at)

    async def draft(self, content=None, who="rep"):
        return await service.draft_contract(
            self.session, account_id=self.account, content=content or self.content, doing=await self.doing(who)
        )

    async def submit(self, row, who="rep"):
        return await service.submit_contract(self.session, row.id, doing=await self.doing(who))

    async def edit(self, row, content):
        return await service.edit_contract(
            self.session, row.id, content, expected_version=row.version, doing=await self.doing()
        )

    async def request(self, row):
        submission = repository.contract_of(row).submission
        return await requests.request_to_read(self.session, submission.request_id, reach=EVERYWHERE)

    async def decide(self, row, who, step, choice="approve"):
        request = await self.request(row)
        comment = "no" if choice == "reject" else ""
        decision = Decision(self.people[who], Choice(choice), self.now, step, comment, PROOF)
        return await answers.decide_request(
            self.session, request.id, decision, expected_version=request.version, reach=EVERYWHERE, at=self.at
        )

    async def approve(self, row, chain=CHAIN):
        for who, step in chain:
            await self.decide(row, who, step)
        return row

    async def sign(self, row, signed_on=date(2021, 3, 8)):
        self.now = datetime(2021, 3, 8, 9, tzinfo=UTC) if self.now == START else self.now
        doing = await self.doing(permission="contracts.sign")
        return await service.sign_contract(self.session, row.id, signed_on=signed_on, evidence=PROOF, doing=doing)

    async def told(self, row):
        await flush(self.session)
        query = select(outbox.c.type, outbox.c.payload).where(outbox.c.aggregateid == row.id)
        return (await self.session.execute(query.order_by(outbox.c.aggregate_seq))).all()


async def test_story_3_five_people_approve_then_it_is_signed_and_at_work(story):
    row = await story.submit(await story.draft())
    contract = repository.contract_of(row)
    assert str(contract.submission.routing_amount) == "81230.77"
    assert [str(rate.rate) for rate in contract.submission.rates] == ["6.50"]
    assert [step.step for step in (await story.request(row)).steps] == [step for _, step in CHAIN]
    await story.approve(row)
    assert row.state == "approved"
    await story.sign(row)
    doing = await story.doing(permission="contracts.sign")
    await service.activate_contract(story.session, row.id, active_on=date(2021, 3, 8), doing=doing)
    told = await story.told(row)
    assert [one.type for one in told] == [
        "ContractSubmitted",
        "ContractApproved",
        "ContractSigned",
        "ContractActivated",
    ]
    last = ContractActivated.from_bytes(told[-1].payload)
    assert (last.amount_minor, last.currency, last.signed_on) == (528_000_00, "CNY", date(2021, 3, 8))
    assert (last.lines[0].cost_minor, last.lines[0].new_brand) == (420_000_00, True)
    assert (last.rates[0].base, last.rates[0].rate) == ("USD", "6.50")
    assert last.initiator == story.people["rep"]


async def test_s_g1_changed_from_590_to_600_while_pending(story):
    less = replace(story.content.lines[0], quantity=590, net_minor=519_200_00)
    row = await story.submit(await story.draft(replace(story.content, lines=(less,))))
    first = await story.request(row)
    row = await story.edit(row, story.content)
    await story.session.refresh(first)
    assert (first.state, row.state, row.revision) == ("withdrawn", "draft", 2)
    row = await story.submit(row)
    second = await story.request(row)
    assert (second.revision, second.state) == (2, "pending")
    assert second.content_hash != first.content_hash
    history = await repository.history(story.session, row.id)
    assert [(one.move, one.revision) for one in history] == [("draft", 1), ("submit", 1), ("edit", 2), ("submit", 2)]
    assert history[2].changed == ["lines"]


async def test_c11_the_requesters_own_attempt_is_refused(story):
    row = await story.submit(await story.draft())
    with pytest.raises(SegregationOfDuties):
        await story.decide(row, "rep", "first")


async def test_s_i2_nothing_new_is_agreed_with_an_account_that_goes_on_as_another(story):
    row = await story.draft()
    ids = {"account_id": story.account, "merge_id": "m", "into_account_id": str(new_id())}
    merged = AccountsMerged(occurred_at=START, **ids, into_number="K-7")
    await LEARNED[AccountsMerged](story.session, merged)
    with pytest.raises(AccountMerged) as refused:
        await story.draft()
    assert "K-7" in refused.value.detail["en"]
    await story.submit(row)
    assert (await story.approve(row)).state == "approved"
    await LEARNED[AccountsParted](story.session, AccountsParted(occurred_at=START, **ids))
    assert (await story.draft()).state == "draft"


async def test_a_rejected_contract_is_a_draft_again_and_goes_as_a_new_revision(story):
    row = await story.submit(await story.draft())
    await story.decide(row, "kam", "first", "reject")
    assert (row.state, row.revision) == ("draft", 1)
    row = await story.submit(row)
    assert (row.state, row.revision) == ("submitted", 2)


async def test_withdrawing_the_request_makes_the_contract_a_draft_again(story):
    row = await story.submit(await story.draft())
    request = await story.request(row)
    reason = {"en": "wait", "zh": "稍候"}
    await answers.withdraw_request(
        story.session, request.id, by=story.people["rep"], reason=reason, reach=EVERYWHERE, at=story.at
    )
    assert row.state == "draft"


@pytest.mark.parametrize(
    ("amount_minor", "steps"),
    [
        pytest.param(2_000_00, 4, id="C2: exactly 2,000.00 USD skips the general manager"),
        pytest.param(2_000_01, 5, id="C2: 2,000.01 USD does not"),
    ],
)
async def test_c2_the_amount_decides_the_chain(story, amount_minor, steps):
    content = one_line(amount_minor, documents=story.content.documents)
    row = await story.submit(await story.draft(content))
    assert len((await story.request(row)).steps) == steps


async def test_c12_a_contract_split_in_two_takes_the_long_chain(story):
    half = one_line(1_500_00, documents=story.content.documents)
    first = await story.submit(await story.draft(half))
    assert len((await story.request(first)).steps) == 4
    story.now = START + timedelta(days=30)
    second = await story.submit(await story.draft(replace(half, valid_from=story.at.today)))
    assert len((await story.request(second)).steps) == 5
    assert str(repository.contract_of(second).submission.routing_amount) == "3000.00"
    why = (await story.request(second)).reasons["why"]
    number = repository.contract_of(first).number
    assert why["general"]["en"].endswith(
        f"1500.00 of this contract + 1500.00 ({number}) = 3000.00 USD: they add up (C12)"
    )
    assert f"1500.00 ({number}) = 3000.00 USD：合并计算（C12）" in why["general"]["zh"]
    assert "C12" not in why["first"]["en"]


async def test_c12_after_31_days_it_no_longer_adds_up(story):
    half = one_line(1_500_00, documents=story.content.documents)
    await story.submit(await story.draft(half))
    story.now = START + timedelta(days=31)
    second = await story.submit(await story.draft(replace(half, valid_from=story.at.today)))
    assert len((await story.request(second)).steps) == 4


async def test_c12_drafts_and_rejected_contracts_do_not_count(story):
    half = one_line(1_500_00, documents=story.content.documents)
    await story.draft(half)
    rejected = await story.submit(await story.draft(half))
    await story.decide(rejected, "kam", "first", "reject")
    row = await story.submit(await story.draft(half))
    assert len((await story.request(row)).steps) == 4


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        pytest.param({"documents": ()}, "contract_papers_missing", id="C1: without the licence"),
        pytest.param({"first_responsible": ""}, "contract_papers_missing", id="C4: nobody answers for it"),
        pytest.param(
            {"plan": "vpn0", "payment_terms": PaymentTerms(instalments=2)},
            "payment_terms_not_allowed",
            id="C1: VPN0 in instalments",
        ),
        pytest.param(
            {"plan": "vpn9", "payment_terms": PaymentTerms(instalments=2)},
            "payment_terms_not_allowed",
            id="P7: VPN9 in instalments",
        ),
    ],
)
async def test_the_policies_of_the_moment_refuse_a_submission(story, change, refusal):
    row = await story.draft(replace(story.content, **change))
    with pytest.raises(PolicyRefuses) as refused:
        await story.submit(row)
    assert refused.value.refusal == refusal
    assert row.state == "draft"


@pytest.mark.parametrize(
    ("table", "known", "too_little", "enough", "refusal"),
    [
        pytest.param(KnownClass, {"grade": "C"}, "0.99", "1", "payment_terms_not_allowed", id="P7: class C pays first"),
        pytest.param(
            KnownAccount, {"industrial": True}, "0.49", "0.50", "prepayment_too_low", id="P7: an industrial first deal"
        ),
    ],
)
async def test_p7_what_is_agreed_as_prepayment_is_asked_at_submission(story, table, known, too_little, enough, refusal):
    await story.session.execute(update(table).where(table.account_id == story.account).values(**known))
    terms = (PaymentTerms(prepaid_share=Decimal(share)) for share in (too_little, enough))
    short, paid = [await story.draft(replace(story.content, payment_terms=one)) for one in terms]
    with pytest.raises(PolicyRefuses) as refused:
        await story.submit(short)
    assert refused.value.refusal == refusal
    assert (await story.submit(paid)).state == "submitted"


async def test_c1_an_expired_licence_refuses_a_submission(story):
    story.now = datetime(2022, 1, 3, 9, tzinfo=UTC)
    row = await story.draft(replace(story.content, valid_from=date(2022, 1, 3), valid_until=date(2023, 1, 1)))
    with pytest.raises(PolicyRefuses):
        await story.submit(row)


async def test_c4_a_key_account_manager_does_not_start_a_contracts_route(story):
    row = await story.draft(who="kam")
    with pytest.raises(InitiatorNotAdmitted):
        await story.submit(row, who="kam")


async def test_s_d6_a_backdated_contract_says_why(story):
    row = await story.draft(replace(story.content, valid_from=date(2021, 3, 1)))
    with pytest.raises(BackdatedWithoutReason):
        await story.submit(row)


async def test_s_c3_without_a_rate_nothing_is_submitted(story):
    row = await story.draft(one_line(1_00, "GBP", documents=story.content.documents))
    with pytest.raises(NoExchangeRate):
        await story.submit(row)


async def test_an_account_of_another_branch_is_not_found(story):
    with pytest.raises(NotFound):
        await story.draft(who="rep-lubumbashi")
    row = await story.draft()
    with pytest.raises(NotFound):
        await story.submit(row, who="rep-lubumbashi")


async def test_an_edit_on_an_old_version_is_refused(story):
    row, doing = await story.draft(), await story.doing()
    with pytest.raises(PreconditionFailed):
        await service.edit_contract(story.session, row.id, story.content, expected_version=9, doing=doing)


async def test_nothing_is_signed_before_it_is_approved(story):
    row = await story.submit(await story.draft())
    with pytest.raises(ContractNotInState):
        await story.sign(row)


async def test_s_g10_an_approval_that_lapsed_carries_no_signature(story):
    row = await story.approve(await story.submit(await story.draft()))
    story.now = START + timedelta(days=91)
    with pytest.raises(PolicyRefuses) as refused:
        await story.sign(row, signed_on=story.at.today)
    assert refused.value.refusal == "not_ready_to_sign"


async def test_s_g10_s_i3_a_frozen_account_signs_nothing(story):
    row = await story.approve(await story.submit(await story.draft()))
    await story.session.execute(
        update(KnownAccount).where(KnownAccount.account_id == story.account).values(frozen=True)
    )
    with pytest.raises(PolicyRefuses):
        await story.sign(row)


async def test_s_b6_a_floor_breach_past_its_grant_is_not_signed(story):
    row = await story.approve(await story.submit(await story.draft()))
    story.now = datetime(2021, 4, 1, 9, tzinfo=UTC)
    with pytest.raises(ApprovalNeeded):
        await story.sign(row, signed_on=date(2021, 4, 1))


async def test_s_b6_a_claimed_exception_nobody_granted_is_not_signed(story):
    claimed = replace(story.content.lines[0].exception, subject_id=str(new_id()))
    content = replace(story.content, lines=(replace(story.content.lines[0], exception=claimed),))
    row = await story.approve(await story.submit(await story.draft(content)))
    with pytest.raises(ApprovalNeeded):
        await story.sign(row)


async def test_p2_a_free_line_below_the_published_floor_is_not_signed(story):
    line = Line(1, "SKU", 10, Decimal("90.00"), 900_00, floor_unit_minor=100_00)
    content = replace(story.content, lines=(line,), quote_id=None)
    row = await story.submit(await story.draft(content))
    await story.approve(row, CHAIN[:4])
    with pytest.raises(ApprovalNeeded):
        await story.sign(row)


async def test_s_g1_an_edit_after_the_approval_needs_the_chain_again(story):
    row = await story.approve(await story.submit(await story.draft()))
    row = await story.edit(row, replace(story.content, payee={"account": "002"}))
    assert (row.state, row.revision) == ("draft", 2)
    with pytest.raises(ContractNotInState):
        await story.sign(row)
