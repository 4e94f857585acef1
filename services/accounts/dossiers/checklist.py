"""How complete dossiers are, by the table that says what a complete one holds (A1)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.banking.repository import with_bank_account
from services.accounts.dossiers import repository
from services.accounts.dossiers.domain import ChecklistRow, Completeness, Paper, completeness, filled_fields
from services.accounts.dossiers.models import Account, AccountPaper, AccountPerson
from shared.policy.plan import Plans
from shared.policy.rulebook import Rulebook

CHECKLIST = "dossier-checklist"
BANK_FIELDS = ("bank", "bank_account")


def checklist_of(plans: Plans) -> tuple[ChecklistRow, ...]:
    """The table's rows; raises NotGoverned where none is in force."""
    return tuple(_row(row) for row in Rulebook(plans).table(CHECKLIST))


def _row(row: Mapping[str, Any]) -> ChecklistRow:
    title = row["title"]
    return ChecklistRow(
        str(row["field"]),
        str(row["group"]),
        {"en": title.en, "zh": title.zh},
        frozenset(row.get("channels") or ()),
        frozenset(row.get("sales_classes") or ()),
    )


async def measure_dossiers(
    session: AsyncSession, *, accounts: Sequence[Account], checklist: Sequence[ChecklistRow], on: date
) -> dict[str, Completeness]:
    """Each account's completeness by its id, in three queries however many there are."""
    ids = [account.id for account in accounts]
    people, papers = defaultdict(list), defaultdict(list)
    for person in await repository.people_of(session, account_ids=ids):
        people[person.account_id].append(_columns(person))
    for paper in await repository.papers_of(session, account_ids=ids):
        papers[paper.account_id].append(Paper(paper.type, paper.expires_on, paper.issued_on))
    banked = await with_bank_account(session, account_ids=ids)
    return {
        account.id: completeness(
            filled_fields(_fields(account, banked=account.id in banked), people[account.id], papers[account.id], on),
            [row for row in checklist if row.asks(channel=account.channel, sales_class=account.sales_class)],
        )
        for account in accounts
    }


def _fields(account: Account, *, banked: bool) -> dict[str, Any]:
    """The account's columns as the checklist names them; what the bank is called is no matter here."""
    bank = dict.fromkeys(BANK_FIELDS, banked or None)
    return _columns(account) | bank | {"registered_capital": account.registered_capital_minor}


def _columns(row: Account | AccountPerson | AccountPaper) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}
