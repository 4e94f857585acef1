"""The printed matrix says of each role what the table says."""

from deploy.local.settings import PROJECT
from deploy.permission_matrix import permission_matrix

[(PATH, TEXT)] = permission_matrix().items()


def cell(route: str, role: str) -> str:
    """What the matrix prints for one route and one role."""
    columns: list[str] = []
    for line in TEXT.splitlines():
        cells = [part.strip() for part in line.strip("|").split("|")]
        if cells[0] == "route":
            columns = cells
        elif cells[0] == f"`{route}`" and role in columns:
            return cells[columns.index(role)]
    raise AssertionError(f"{route} or {role} is not in the matrix")


def test_the_committed_matrix_is_the_one_of_the_code() -> None:
    assert (PROJECT / PATH).read_text(encoding="utf-8") == TEXT


def test_a_role_of_a_branch_reaches_its_own_and_no_other() -> None:
    assert cell("GET /v1/accounts/{account_id}", "account_rep") == "● –"
    assert cell("POST /v1/orders", "branch_manager") == "● –"


def test_a_role_of_the_whole_house_reaches_every_branch() -> None:
    assert cell("GET /v1/accounts/{account_id}", "key_account_manager") == "● ●"


def test_a_customers_contact_reaches_what_is_his_own() -> None:
    assert cell("GET /v1/orders/{order_id}", "account_contact") == "○ –"


def test_what_a_role_has_not_is_said_too() -> None:
    assert cell("POST /v1/users", "account_rep") == "– –"
    assert cell("POST /v1/orders", "auditor") == "– –"


def test_what_anyone_may_everyone_may() -> None:
    assert cell("GET /v1/me", "hr") == "○ –"
