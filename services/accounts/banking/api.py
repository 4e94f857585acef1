"""Bank accounts over HTTP: masked, and revealed to those who need them (A1)."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from services.accounts.banking import repository, service
from services.accounts.banking.schemas import BankAccounts, BankDetailsOut, NewBankAccount
from services.accounts.banking.sealing import Keyring, keyring_of
from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.api import AccountId
from services.accounts.dossiers.schemas import BankAccountOut, Purpose, Reason
from services.accounts.dossiers.shown import shown_bank_account
from services.accounts.edge import Here
from services.accounts.settings import AccountsSettings
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.exchange import runtime_of
from shared.http.routes import Router, without_idempotency_key

router = Router(tags=["accounts"])
BankAccountId = Annotated[str, Path(description="the bank account's id")]


async def read_keys(request: Request) -> Keyring:
    settings = runtime_of(request).settings
    assert isinstance(settings, AccountsSettings)
    return keyring_of(settings)


Keys = Annotated[Keyring, Depends(read_keys)]


@router.post("/accounts/{account_id}/bank-accounts", status_code=201)
async def record_bank_account(
    account_id: AccountId,
    body: NewBankAccount,
    session: Session,
    here: Here,
    keys: Keys,
    caller: Annotated[Principal, allowed("bank_details.write")],
) -> BankAccountOut:
    """Keep where the account is paid; number and holder are sealed and from then on shown masked."""
    who = here.by(caller, "bank_details.write")
    account = await dossiers.locked_account(session, account_id=account_id, reach=who.reach)
    row = await service.record_bank_account(session, account=account, request=body, keys=keys, who=who)
    return shown_bank_account(row)


@router.get("/accounts/{account_id}/bank-accounts")
async def list_bank_accounts(
    account_id: AccountId, session: Session, caller: Annotated[Principal, allowed("accounts.read")]
) -> BankAccounts:
    """The account's bank accounts, masked; those no longer used included."""
    account = await dossiers.account(session, account_id=account_id, reach=caller.reach("accounts.read"))
    rows = await repository.bank_accounts(session, account_id=account.id)
    return BankAccounts(items=[shown_bank_account(row) for row in rows])


@router.post("/accounts/{account_id}/bank-accounts/{bank_account_id}/reveal")
@without_idempotency_key
async def reveal_bank_account(
    account_id: AccountId,
    bank_account_id: BankAccountId,
    body: Purpose,
    session: Session,
    here: Here,
    keys: Keys,
    response: Response,
    caller: Annotated[Principal, allowed("bank_details.read")],
) -> BankDetailsOut:
    """The details in clear, for the purpose given; each call is an entry of the audit trail, and nothing is stored."""
    who = here.by(caller, "bank_details.read")
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    row = await repository.bank_account(session, account_id=account.id, bank_account_id=bank_account_id)
    details = await service.reveal_bank_account(session, row=row, purpose=body.purpose, keys=keys, who=who)
    response.headers["Cache-Control"] = "no-store"
    return BankDetailsOut(id=row.id, bank=row.bank, number=details.number, holder=details.holder)


@router.post("/accounts/{account_id}/bank-accounts/{bank_account_id}/end", status_code=200)
async def end_bank_account(
    account_id: AccountId,
    bank_account_id: BankAccountId,
    body: Reason,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("bank_details.write")],
) -> BankAccountOut:
    """Use it no longer; it stays on file."""
    who = here.by(caller, "bank_details.write")
    account = await dossiers.locked_account(session, account_id=account_id, reach=who.reach)
    row = await repository.bank_account(session, account_id=account.id, bank_account_id=bank_account_id, lock=True)
    await service.end_bank_account(session, row=row, reason=body.reason, who=who)
    return shown_bank_account(row)
