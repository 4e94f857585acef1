"""Whether a quoted plan may become a group: what an order of it would be asked (P7, P8), and its contract (C1)."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.domain import Account, Contract
from services.pricing.accounts.repository import account_by_id, contract_by_id
from services.pricing.orders.domain import OrderLine
from services.pricing.orders.placing import OnTheOrderDay
from services.pricing.orders.repository import first_ordered_at
from services.pricing.orders.service import PLACING
from services.pricing.orders.under_contract import ContractOfAnother, UnknownContract, hold_to
from services.pricing.quotes.domain import Quote, QuoteLine, UnknownAccount
from services.pricing.quotes.facts import SaleFacts
from services.pricing.quotes.service import not_merged
from services.pricing.when import When
from shared.calendar import local_day
from shared.policy.evaluation import Case
from shared.trace import Subject


async def admit(
    session: AsyncSession, quote: Quote, line: QuoteLine, *, contract_id: UUID | None, starts_on: date, when: When
) -> None:
    """Raises PolicyRefuses, AccountMerged, UnknownContract, ContractOfAnother and what `hold_to` raises."""
    account = await account_by_id(session, quote.account_id)
    if account is None:
        raise UnknownAccount
    not_merged(account)
    contract = None if contract_id is None else await _contract(session, contract_id, account)
    facts = SaleFacts(
        account=account,
        zone=when.zone,
        currency=quote.currency,
        lines={},
        first_ordered_at=await first_ordered_at(session, account.id),
        terms=quote.terms,
        plan=line.plan or "none",
        quote_state=str(quote.state_on(local_day(when.now, when.zone))),
        contract_state=contract.state.value if contract else "none",
    )
    sale = Subject("sale", str(quote.id), Subject("account", str(account.id)))
    when.rules.ask(PLACING, Case(facts, sale, when.now), subject="sale")
    if contract is not None:
        hold_to(contract, [_whole_term(line)], {}, OnTheOrderDay(starts_on, quote.currency, {}, {}, ()))


async def _contract(session: AsyncSession, contract_id: UUID, account: Account) -> Contract:
    contract = await contract_by_id(session, contract_id, lock=True)
    if contract is None:
        raise UnknownContract
    if contract.account_id != account.id:
        raise ContractOfAnother
    return contract


def _whole_term(line: QuoteLine) -> OrderLine:
    """All months of the group at once, as the contract has them."""
    return OrderLine(1, line.sku, line.quantity, line.list_minor, line.before_p4_minor, line.net_minor)
