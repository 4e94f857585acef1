"""C13: the life of a contract, and what an edit does to its approval (S-G1)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.approvals.contracts.content import PaymentTerms, Share, UnknownBinding, checked, content_hash
from services.approvals.contracts.domain import (
    MOVES,
    ActiveBeforeSignature,
    ActiveInTheFuture,
    BackdatedWithoutReason,
    ContractNotInState,
    Move,
    SignedBeforeApproval,
    SignedInTheFuture,
    State,
    activate,
    approve,
    moved,
    ready_to_submit,
    revise,
    send_back,
    sign,
    submit,
)
from shared.calendar import Duration
from shared.errors import ValidationProblem
from tests.approvals.contracts.build import CONTENT, HANDSETS, SUBMITTED, TODAY, approval, contract, submission

BOUND_TO = ("lines", "prices", "terms", "documents", "payee", "term")
OTHER = replace(CONTENT, first_responsible="somebody else")


def test_c13_from_draft_to_active():
    made = ready_to_submit(contract(), today=TODAY)
    made = approve(submit(made, submission()), approval())
    made = sign(made, signed_on=date(2021, 3, 8), approved_on=TODAY, today=date(2021, 3, 8))
    made = activate(made, active_on=date(2021, 3, 8), today=date(2021, 3, 8))
    assert (made.state, made.revision, made.signed_on, made.active_on) == (
        State.ACTIVE,
        1,
        date(2021, 3, 8),
        date(2021, 3, 8),
    )


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("move", list(Move))
def test_c13_a_move_the_table_does_not_know_raises(state, move):
    if (state, move) in MOVES:
        assert moved(contract(state=state), move).state is MOVES[state, move]
    else:
        with pytest.raises(ContractNotInState):
            moved(contract(state=state), move)


def test_a_draft_that_was_never_submitted_keeps_its_revision():
    assert revise(contract(), OTHER).revision == 1


@pytest.mark.parametrize("state", [State.SUBMITTED, State.APPROVED])
def test_s_g1_an_edit_while_pending_or_approved_makes_a_new_revision_without_approval(state):
    edited = revise(contract(state=state, submission=submission(), approval=approval()), OTHER)
    assert (edited.state, edited.revision) == (State.DRAFT, 2)
    assert (edited.submission, edited.approval) == (None, None)


@pytest.mark.parametrize("state", [State.SIGNED, State.ACTIVE, State.SUSPENDED, State.TERMINATED, State.EXPIRED])
def test_a_signed_contract_is_not_edited(state):
    with pytest.raises(ContractNotInState):
        revise(contract(state=state), OTHER)


def test_a_rejected_contract_goes_again_as_a_new_revision_changed_or_not():
    back = send_back(contract(state=State.SUBMITTED, submission=submission()))
    assert (back.state, back.revision) == (State.DRAFT, 1)
    assert ready_to_submit(back, today=TODAY).revision == 2
    assert revise(back, OTHER).revision == 2


def test_s_d6_a_backdated_contract_needs_a_reason():
    late = contract(replace(CONTENT, valid_from=date(2021, 3, 2)))
    with pytest.raises(BackdatedWithoutReason):
        ready_to_submit(late, today=TODAY)
    said = contract(replace(CONTENT, valid_from=date(2021, 3, 2), backdating_reason="signed paper came by post"))
    assert ready_to_submit(said, today=TODAY).revision == 1


def test_a_signature_is_never_of_tomorrow():
    with pytest.raises(SignedInTheFuture):
        sign(contract(state=State.APPROVED), signed_on=date(2021, 3, 4), approved_on=TODAY, today=TODAY)


def test_a_signature_is_never_older_than_the_approval():
    with pytest.raises(SignedBeforeApproval):
        sign(contract(state=State.APPROVED), signed_on=date(2021, 3, 2), approved_on=TODAY, today=TODAY)


def test_a_contract_works_from_its_signature_at_the_earliest_and_not_from_tomorrow():
    signed = contract(state=State.SIGNED, signed_on=TODAY)
    with pytest.raises(ActiveBeforeSignature):
        activate(signed, active_on=TODAY - timedelta(days=1), today=TODAY)
    with pytest.raises(ActiveInTheFuture):
        activate(signed, active_on=TODAY + timedelta(days=1), today=TODAY)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        pytest.param(replace(CONTENT), True, id="nothing"),
        pytest.param(replace(CONTENT, first_responsible="x"), True, id="who is responsible is not bound"),
        pytest.param(replace(CONTENT, lines=(replace(HANDSETS, quantity=590),)), False, id="a quantity"),
        pytest.param(replace(CONTENT, lines=(replace(HANDSETS, net_minor=1),)), False, id="a price"),
        pytest.param(replace(CONTENT, payment_terms=PaymentTerms(credit_days=30)), False, id="payment terms"),
        pytest.param(replace(CONTENT, documents=()), False, id="a document"),
        pytest.param(replace(CONTENT, payee={"account": "002"}), False, id="the payee's account"),
        pytest.param(replace(CONTENT, term=Duration(months=24)), False, id="the term"),
        pytest.param(replace(CONTENT, valid_until=None), False, id="its end"),
        pytest.param(replace(CONTENT, currency="USD"), False, id="the currency"),
    ],
)
def test_s_g1_the_approval_is_of_the_parts_its_route_is_bound_to(changed, same):
    assert (content_hash(changed, BOUND_TO) == content_hash(CONTENT, BOUND_TO)) is same


def test_the_order_in_which_a_route_names_its_parts_does_not_matter():
    assert content_hash(CONTENT, BOUND_TO) == content_hash(CONTENT, reversed(BOUND_TO))


def test_a_route_bound_to_something_contracts_do_not_have_is_refused():
    with pytest.raises(UnknownBinding):
        content_hash(CONTENT, ("moon_phase",))


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        pytest.param(replace(CONTENT, lines=()), "/lines", id="nothing is sold"),
        pytest.param(replace(CONTENT, valid_until=CONTENT.valid_from), "/valid_until", id="no day at all"),
        pytest.param(replace(CONTENT, term=Duration(days=45)), "/term", id="a term in days"),
        pytest.param(
            replace(CONTENT, lines=(replace(HANDSETS, salespeople=(Share("rep", Decimal("0.9")),)),)),
            "/lines/0/salespeople",
            id="shares that leave a tenth to nobody",
        ),
    ],
)
def test_what_no_contract_may_say_is_named(content, pointer):
    with pytest.raises(ValidationProblem) as refused:
        checked(content)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_the_approval_holds_for_its_content_and_its_time_only():
    until = SUBMITTED + timedelta(days=90)
    granted = approval("h", until)
    assert granted.in_force("h", until - timedelta(microseconds=1))
    assert not granted.in_force("h", until)
    assert not granted.in_force("other", SUBMITTED)
