"""Plans: one per document and version, found by moment and by the facts that can change them."""

from datetime import UTC, date, datetime

import pytest

from shared.policy.plan import Numbered, compile_plan, compile_plans, measures_of
from shared.policy.registry import UnknownFact, load_registry
from tests.shared.policy.asking import KEY_ACCOUNT, SUBSIDY, case, cny, plan, plans
from tests.shared.policy.drafts import changed, drafts


def test_every_draft_has_its_plan():
    assert set(plans().by_id) == set(drafts())
    assert len(plans().by_id) == 111


def test_a_decision_names_the_version_it_was_made_under():
    document = drafts()["volume-subsidy"]
    third = compile_plan(Numbered(document, 3), load_registry())
    decision = third.decide(case(SUBSIDY | {"purchases": cny("1.00")}))
    assert (decision.policy, decision.trace.rule.rule) == ("volume-subsidy@3", "volume-subsidy@3")


def test_code_asks_by_moment_and_never_by_document():
    asked = [one.document.id for one in plans().asked_at("order.placing")]
    assert asked == sorted(asked)
    assert {"order-admission", "payment-terms", "first-order-prepayment"} <= set(asked)
    assert plans().asked_at("nothing.happening") == ()


def test_a_fact_leads_to_every_document_it_can_change():
    """Also through another document: the new-customer bonus asks its gates, and these ask who is new."""
    touched = {one.document.id for one in plans().touched_by("account.self_developed")}
    assert {"new-customer", "new-customer-gates", "new-customer-bonus"} <= touched
    assert {one.document.id for one in plans().touched_by("account.first_order_on")} >= {"new-customer-bonus"}
    assert plans().touched_by("no.such.fact") == ()


def test_a_fact_that_is_not_named_cannot_change_an_answer():
    facts = KEY_ACCOUNT | {"election.p4": "subsidy", "purchases": cny("352000.00")}
    subsidy = plan("volume-subsidy")
    assert subsidy.decide(case(facts)) == subsidy.decide(case(facts | {"account.class": "C"}))
    assert {one.fact for one in measures_of(subsidy.document)} == set(facts)


def test_a_condition_of_parallel_steps_is_known_to_the_index():
    frozen = {"fact": "account.frozen", "is": True}
    document = changed("key-account-list", set_={"steps[0].when": frozen})
    touched = compile_plans([Numbered(document)], load_registry()).touched_by("account.frozen")
    assert [one.document.id for one in touched] == ["key-account-list"]


def test_a_document_that_names_an_unknown_fact_cannot_be_compiled():
    document = changed("floor-price", set_={"require.fact": "line.taste"})
    with pytest.raises(UnknownFact, match=r"line\.taste"):
        compile_plan(Numbered(document), load_registry())


def test_a_table_tells_its_rows_only_while_it_is_in_force():
    rates = plan("rates")
    assert rates.decide(case()).outcome.rows == len(rates.rows)
    early = case(as_of=datetime(1999, 12, 31, 22, tzinfo=UTC))
    assert rates.decide(early).outcome.rows == 0
    assert rates.document.valid.from_ == date(2000, 1, 1)


def test_a_benefit_that_refers_to_nothing_is_compiled_once_for_every_set():
    """Not so a document that refers to others: in another set they may be other versions."""
    known = {}
    documents = [Numbered(drafts()[name]) for name in ("volume-discount", "floor-price", "price-exception")]
    first, second = (compile_plans(documents, load_registry(), known=known) for _ in range(2))
    assert first["volume-discount"] is second["volume-discount"]
    assert first["floor-price"] is not second["floor-price"]
    assert list(known) == ["volume-discount@1"]
