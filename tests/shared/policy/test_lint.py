"""Each lint code is planted once in a clean draft and found at its place; the drafts themselves are clean."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from shared.policy.findings import Finding, catalogue, in_sheet
from shared.policy.forms import TableDocument
from shared.policy.lint import lint, lint_pack
from shared.policy.loader import Placed, UnreadablePolicy, load_pack, read_yaml
from shared.policy.registry import load_registry
from tests.shared.policy.drafts import FOLDER, changed, drafts, with_change, without

PACK = Path(__file__).parents[3] / "deploy" / "policies"
PLANTS = YAML(typ="safe", pure=True).load(Path(__file__).with_name("plants.yaml").read_text(encoding="utf-8"))

TEXTS: list[Any] = [
    pytest.param("row: [A4]", "row: [A4", "yaml_invalid", "", id="a bracket that is never closed"),
    pytest.param(
        "owner: sales_director", "owner: sales_director\nowner: finance", "duplicate_key", "", id="two owners"
    ),
    pytest.param('share: "0.80"', "share: 0.80", "float_number", "", id="a share without quotes"),
    pytest.param("form: table", "form: formula", "form_unknown", "form", id="a fifth form"),
    pytest.param("owner: sales_director", "boss: sales_director\nowner: finance", "field_unknown", "boss", id="a boss"),
    pytest.param("zone: Africa/Kinshasa\n", "", "field_missing", "zone", id="no zone"),
    pytest.param("{from: 2000-01-01}", "{from: always}", "field_invalid", "valid.from", id="valid from always"),
]


def findings(documents: list[Any]) -> list[Finding]:
    return lint(documents, load_registry())


def test_the_drafts_of_the_whole_house_are_clean() -> None:
    assert len(drafts()) == 111
    assert findings([*drafts().values()]) == []


@pytest.mark.parametrize("plant", [pytest.param(plant, id=plant["name"]) for plant in PLANTS])
def test_one_wrong_thing_is_found_once_and_at_its_place(plant: dict[str, Any]) -> None:
    found = findings(with_change(plant["policy"], plant.get("set"), plant.get("drop"), plant.get("move")))
    assert [(one.code, one.policy, one.path) for one in found] == [(plant["code"], plant["policy"], plant["at"])]
    assert found[0].severity == catalogue()[plant["code"]].severity


@pytest.mark.parametrize(("written", "instead", "code", "path"), TEXTS)
def test_a_text_that_holds_no_policy_is_refused_with_its_place(
    written: str, instead: str, code: str, path: str
) -> None:
    text = (FOLDER / "pareto.yaml").read_text(encoding="utf-8")
    assert text.count(written) >= 1
    with pytest.raises(UnreadablePolicy) as refused:
        read_yaml(text.replace(written, instead), name="pareto")
    assert [(one.code, one.policy, one.path) for one in refused.value.findings] == [(code, "pareto", path)]


def test_a_float_and_a_second_key_are_named_with_their_line() -> None:
    with pytest.raises(UnreadablePolicy) as refused:
        read_yaml("id: x\nform: table\nshare: 0.5\n")
    assert "line 3" in refused.value.findings[0].en


def test_a_role_nobody_holds_keeps_a_route_from_being_proposed() -> None:
    documents = [*drafts().values()]
    everybody = {str(row["role"]) for row in drafts()["roles"].rows}
    assert lint(documents, load_registry(), everybody) == []
    found = lint(documents, load_registry(), everybody - {"legal"})
    assert {(one.code, one.policy) for one in found} == {
        ("role_without_holder", "contract-route"),
        ("role_without_holder", "contract-amendment"),
    }
    assert {one.path for one in found} == {"steps[1].role"}


def test_a_duty_is_held_only_when_each_role_that_can_fill_it_is_held() -> None:
    everybody = {str(row["role"]) for row in drafts()["roles"].rows}
    found = lint([*drafts().values()], load_registry(), everybody - {"branch_manager"})
    assert ("contract-route", "steps[0].role") in {(one.policy, one.path) for one in found}


def test_escalation_over_two_routes_must_not_come_back() -> None:
    """A5 and C5: marketing's delay goes to sales, and the delay of sales would come back to marketing."""
    one = changed("price-exception", {"sla.escalate_to": "sales_director"})
    other = changed("class-change", {"sla.escalate_to": "marketing_director"})
    found = findings([*{**drafts(), one.id: one, other.id: other}.values()])
    assert {(entry.code, entry.policy) for entry in found} == {
        ("escalation_circle", "price-exception"),
        ("escalation_circle", "class-change"),
    }
    assert any("marketing_director → sales_director → marketing_director" in entry.en for entry in found)


def test_a_route_that_asks_too_much_to_be_proved_is_refused() -> None:
    asked = drafts()["contract-route"].model_dump(by_alias=True, exclude_none=True)["steps"][4]["when"]
    many = [{**asked, "window": {"last": f"P{days}D"}} for days in range(1, 12)]
    one = changed("contract-route", {"steps[4].when": {"any": many}})
    found = findings([*{**drafts(), one.id: one}.values()])
    assert [(entry.code, entry.policy, entry.path) for entry in found] == [
        ("route_too_wide", "contract-route", "steps")
    ]


def test_two_documents_that_lean_on_each_other_are_both_named() -> None:
    one = changed("contract-needed", {"require": {"policy": "order-admission", "is": "holds"}})
    found = [entry for entry in findings([*{**drafts(), one.id: one}.values()]) if entry.code == "policy_circle"]
    assert {entry.policy for entry in found} == {"contract-needed", "order-admission"}


def test_a_circle_through_a_fact_that_reads_a_document_is_found() -> None:
    """kpi.accounts_lost reads the document lost-account."""
    lost = changed(
        "lost-account", {"require": {"fact": "kpi.accounts_lost", "window": "year", "is": 0}, "subject": "branch"}
    )
    found = findings([*{**drafts(), lost.id: lost}.values()])
    assert ("policy_circle", "lost-account") in {(entry.code, entry.policy) for entry in found}


def test_a_fact_whose_table_is_missing_cannot_be_asked() -> None:
    """C2: without routing-terms nobody knows what an open-ended contract counts as."""
    found = findings(without("routing-terms"))
    assert {entry.code for entry in found} == {"fact_source_missing"}
    assert ("contract-route", "steps[4].when.fact") in {(entry.policy, entry.path) for entry in found}


def test_a_branch_of_an_election_needs_its_partner() -> None:
    """P4: a subsidy with no discount beside it is no choice."""
    found = findings(without("volume-discount"))
    assert [(one.code, one.policy, one.path) for one in found] == [
        ("xor_without_partner", "volume-subsidy", "stacking"),
    ]


def test_branches_of_one_election_in_different_years_are_only_warned_of() -> None:
    """They are published one after the other, so that the first always waits for the second."""
    found = findings(with_change("volume-discount", {"valid.from": "2022-01-01", "valid.until": "2023-01-01"}))
    assert {(one.code, one.policy, one.severity) for one in found} == {
        ("xor_partner_at_other_times", "volume-subsidy", "warning"),
        ("xor_partner_at_other_times", "volume-discount", "warning"),
    }


def test_only_one_document_of_a_group_may_be_in_force_where_the_group_says_so() -> None:
    second = changed("cash-back", {"id": "cash-back-too"})
    found = findings([*drafts().values(), second])
    assert [(one.code, one.policy, one.path) for one in found] == [
        ("stacking_one_in_force", "cash-back-too", "stacking"),
    ]
    after = changed("cash-back", {"id": "cash-back-too", "valid.from": "2030-01-01"})
    before = changed("cash-back", {"valid.until": "2030-01-01"})
    assert findings([*{**drafts(), "cash-back": before}.values(), after]) == []


def test_one_id_stands_for_one_document() -> None:
    found = findings([*drafts().values(), drafts()["pareto"]])
    assert [(one.code, one.policy) for one in found] == [("id_twice", "pareto")]


@pytest.mark.parametrize(
    ("policy", "service", "file", "codes"),
    [
        pytest.param("pareto", "accounts", "pareto.yaml", [], id="a table lies where it was put"),
        pytest.param("price-entry", "pricing", "price-entry.yaml", [], id="conditions lie with their subject"),
        pytest.param("price-entry", "rewards", "price-entry.yaml", ["service_wrong"], id="conditions in another house"),
        pytest.param("volume-discount", "rewards", "volume-discount.yaml", ["service_wrong"], id="a price in rewards"),
        pytest.param("pareto", "accounts", "twenty-eighty.yaml", ["id_not_file_name"], id="a file of another name"),
    ],
)
def test_each_document_of_a_pack_lies_in_its_place(policy: str, service: str, file: str, codes: list[str]) -> None:
    rest = [Placed(one, _home(one.id), f"{one.id}.yaml") for one in drafts().values() if one.id != policy]
    found = lint_pack([*rest, Placed(drafts()[policy], service, file)], load_registry())
    assert [one.code for one in found] == codes


def test_a_finding_from_a_spreadsheet_names_its_cell() -> None:
    found = findings(with_change("volume-subsidy", {"table.rows[2].from": 500001}))
    placed = in_sheet(found, {("volume-subsidy", "table.rows[2].from"): "B7"})
    assert [one.cell for one in placed] == ["B7"]


def test_every_finding_speaks_both_languages_with_its_figures() -> None:
    found = findings(with_change("volume-subsidy", {"table.rows[2].from": 500001}))[0]
    assert found.en == "Values from 500000 to 500001 have no row."
    assert found.zh == "500000至500001之间没有档位。"


@pytest.mark.parametrize(
    ("rows", "code", "path"),
    [
        pytest.param([0, 1, 1], "branch_twice", "rows[1].branch", id="one branch under two rows"),
        pytest.param([1, 2], "head_office_count", "rows", id="no head office"),
    ],
)
def test_the_table_of_branches_names_each_once_and_one_head_office(rows: list[int], code: str, path: str) -> None:
    [table] = [placed.document for placed in load_pack(PACK) if placed.document.id == "branches"]
    assert isinstance(table, TableDocument)
    changed_table = table.model_copy(update={"rows": tuple(table.rows[index] for index in rows)})
    found = findings([*drafts().values(), changed_table])
    assert [(one.code, one.policy, one.path) for one in found] == [(code, "branches", path)]


def test_every_code_of_the_catalogue_is_planted_somewhere_here() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    planted = {plant["code"] for plant in PLANTS}
    assert [code for code in catalogue() if code not in planted and f'"{code}"' not in here] == []


def _home(policy: str) -> str:
    from shared.policy.lint import Library

    library = Library.of(drafts().values(), load_registry())
    return library.mounted_in(drafts()[policy]) or "accounts"


@pytest.mark.parametrize(
    ("branch", "said", "zh"),
    [
        pytest.param("", '"" is no text without blanks around it.', '""不是前后无空格的文本。', id="nothing"),
        pytest.param(" goma", '" goma" is no text without blanks around it.', None, id="a blank before"),
        pytest.param("goma ", '"goma " is no text without blanks around it.', None, id="a blank behind"),
        pytest.param(("a", "b"), '["a", "b"] is no text without blanks around it.', None, id="a list"),
        pytest.param(True, "yes is no text without blanks around it.", None, id="a truth"),
    ],
)
def test_a_branch_is_called_by_a_plain_text_and_what_is_not_is_shown_as_written(
    branch: object, said: str, zh: str | None
) -> None:
    [table] = [placed.document for placed in load_pack(PACK) if placed.document.id == "branches"]
    assert isinstance(table, TableDocument)
    rows = (table.rows[0], {**table.rows[1], "branch": branch}, *table.rows[2:])
    [found] = findings([*drafts().values(), table.model_copy(update={"rows": rows})])
    assert (found.code, found.path, found.en) == ("cell_wrong", "rows[1].branch", said)
    assert zh is None or found.zh == zh
