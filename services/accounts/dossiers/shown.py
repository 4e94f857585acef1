"""What is shown of an account and of its dossier: personal details masked, completeness cut and never rounded up."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

from sqlalchemy import Row

from services.accounts.banking.domain import MASK
from services.accounts.banking.models import BankAccount
from services.accounts.dossiers import service
from services.accounts.dossiers.domain import Paper
from services.accounts.dossiers.models import Account, AccountPaper, AccountPerson, TeamRow
from services.accounts.dossiers.schemas import (
    AccountOut,
    BankAccountOut,
    DocumentOut,
    Dossier,
    Member,
    MissingField,
    MoneyText,
    PersonOut,
    TeamOut,
    Title,
)
from shared.money import Money


def shown(account: Account) -> AccountOut:
    fields = {name: getattr(account, name) for name in AccountOut.model_fields if name != "registered_capital"}
    return AccountOut(registered_capital=shown_capital(account), **fields)


def listed(row: Row[Any]) -> dict[str, Any]:
    """A row of the list as it is sent: of the same shape as `shown`, without the steps that fifty rows would take."""
    said = dict(row._mapping)
    capital = shown_capital(row)
    del said["registered_capital_minor"], said["registered_capital_currency"]
    return said | {"registered_capital": None if capital is None else capital.model_dump()}


def shown_capital(account: Account | Row[Any]) -> MoneyText | None:
    if account.registered_capital_minor is None or account.registered_capital_currency is None:
        return None
    capital = Money(account.registered_capital_minor, account.registered_capital_currency)
    return MoneyText(amount=str(capital), currency=capital.currency)


def shown_person(person: AccountPerson) -> PersonOut:
    """Family notes are personal: they are shown masked."""
    fields = {name: getattr(person, name) for name in PersonOut.model_fields if name != "family_notes"}
    return PersonOut(family_notes=MASK if person.family_notes else None, **fields)


def shown_document(paper: AccountPaper, *, on: date) -> DocumentOut:
    fields = {name: getattr(paper, name) for name in DocumentOut.model_fields if name != "expired"}
    return DocumentOut(expired=Paper(paper.type, paper.expires_on).expired(on), **fields)


def shown_bank_account(row: BankAccount) -> BankAccountOut:
    return BankAccountOut(
        id=row.id,
        bank=row.bank,
        currency=row.currency,
        number=row.shown,
        in_use=row.ended_at is None,
        recorded_at=row.recorded_at,
    )


def shown_member(row: TeamRow) -> Member:
    return Member(**{name: getattr(row, name) for name in Member.model_fields})


def shown_team(account: Account, rows: Sequence[TeamRow]) -> TeamOut:
    return TeamOut(members=[shown_member(row) for row in rows], developer=account.developer)


def shown_dossier(dossier: service.WholeDossier, *, on: date) -> Dossier:
    """Completeness is cut to four digits, so that only a complete dossier shows 1.0000."""
    share = dossier.completeness.share.quantize(Decimal("0.0001"), ROUND_DOWN)
    return Dossier(
        account=shown(dossier.account),
        people=[shown_person(person) for person in dossier.people],
        documents=[shown_document(paper, on=on) for paper in dossier.papers],
        bank_accounts=[shown_bank_account(row) for row in dossier.banking],
        team=[shown_member(row) for row in dossier.team],
        completeness=str(share),
        missing=[
            MissingField(field=row.field, group=row.group, title=Title(**row.title))
            for row in dossier.completeness.missing
        ],
    )
