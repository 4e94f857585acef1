"""The registry of facts: each explained, reachable, and computed by the services it names."""

import pytest

from shared.policy.registry import FactFunctions, UnknownFact, load_registry, mounting_service
from tests.shared.policy.drafts import drafts

REGISTRY = load_registry()
FAMILIES = {"volume-subsidy": "reward", "volume-discount": "price", "new-product-bonus": "person"}


def test_every_fact_is_explained_in_both_languages_and_has_a_known_subject() -> None:
    assert len(REGISTRY.facts) == 171
    for fact in REGISTRY.facts.values():
        assert fact.en.strip()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in fact.zh), fact.name
        assert fact.how.strip()
        assert set(fact.subject) <= set(REGISTRY.subjects), fact.name
        assert bool(fact.choices) == (fact.type == "choice"), fact.name


def test_what_facts_read_is_a_draft_of_the_house() -> None:
    read = {policy for fact in REGISTRY.facts.values() for policy in fact.reads}
    assert read
    assert read <= set(drafts())


def test_a_line_reaches_the_facts_of_its_order_its_sale_and_its_account() -> None:
    assert REGISTRY.reach("line") == {"line", "order", "sale", "account"}
    assert REGISTRY.reach("price") == {"price"}


@pytest.mark.parametrize(
    ("policy", "service"),
    [
        pytest.param("account-class", "accounts", id="a scorecard with its subject"),
        pytest.param("floor-price", "pricing", id="conditions with their subject"),
        pytest.param("contract-papers", "approvals", id="papers of a contract in approvals"),
        pytest.param("volume-discount", "pricing", id="a price in pricing"),
        pytest.param("volume-subsidy", "rewards", id="a reward in rewards"),
        pytest.param("new-product-bonus", "rewards", id="what a person earns in rewards"),
        pytest.param("class-change", "approvals", id="every route in approvals"),
        pytest.param("rates", None, id="a table where it is posted"),
    ],
)
def test_each_document_has_one_mounting_service(policy: str, service: str | None) -> None:
    assert mounting_service(drafts()[policy], REGISTRY, FAMILIES) == service


def test_a_service_registers_functions_only_for_its_own_facts() -> None:
    facts: FactFunctions = FactFunctions(REGISTRY, "pricing")

    @facts.computes("line.quantity")
    def quantity() -> int:
        return 3

    assert facts.get("line.quantity") is quantity
    assert facts.get("line.new_brand") is None
    assert "line.quantity" not in {fact.name for fact in facts.missing()}
    assert "line.new_brand" in {fact.name for fact in facts.missing()}
    for name in ("line.quantitty", "purchases"):
        with pytest.raises(UnknownFact):
            facts.computes(name)
