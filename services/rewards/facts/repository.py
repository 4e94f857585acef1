"""Folded facts by the keys a batch names: every table read and written by one statement, however many rows."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.facts.accounts import Account
from services.rewards.facts.contracts import Contract, Product, Rates
from services.rewards.facts.encoding import (
    account_bytes,
    contract_bytes,
    order_bytes,
    read_account,
    read_contract,
    read_order,
)
from services.rewards.facts.orders import Order
from shared.money import ExchangeRate


async def accounts(session: AsyncSession, account_ids: Collection[str]) -> dict[str, Account]:
    rows = await session.execute(_ACCOUNTS, {"ids": sorted(account_ids)})
    return {account_id: read_account(account_id, state) for account_id, state in rows}


async def orders(
    session: AsyncSession,
    *,
    order_ids: Collection[str] = (),
    account_ids: Collection[str] = (),
    contract_ids: Collection[str] = (),
) -> dict[str, Order]:
    """The named orders, every order of the named accounts and every order under the named contracts."""
    named = {"orders": sorted(order_ids), "accounts": sorted(account_ids), "contracts": sorted(contract_ids)}
    rows = await session.execute(_ORDERS, named)
    return {order_id: read_order(order_id, account_id, state) for order_id, account_id, state in rows}


async def any_under_contract(session: AsyncSession, order_ids: Collection[str]) -> bool:
    return bool(await session.scalar(_UNDER_CONTRACT, {"ids": sorted(order_ids)}))


async def accounts_trading(
    session: AsyncSession, *, since: datetime, until: datetime | None, currencies: Collection[str] = ()
) -> set[str]:
    """Accounts with an order that can count inside the span, in one of the currencies where some are named."""
    given = {"since": since, "until": until, "currencies": sorted(currencies)}
    return set(await session.scalars(_TRADING, given))


async def contracts(
    session: AsyncSession,
    *,
    contract_ids: Collection[str] = (),
    account_ids: Collection[str] = (),
    salespeople: Collection[str] = (),
    skus: Collection[str] = (),
    every: bool = False,
) -> dict[str, Contract]:
    """Contracts by any of these keys."""
    named = {
        "contracts": sorted(contract_ids),
        "accounts": sorted(account_ids),
        "salespeople": sorted(salespeople),
        "skus": sorted(skus),
        "every": every,
    }
    rows = await session.execute(_CONTRACTS, named)
    return {contract_id: read_contract(contract_id, account_id, state) for contract_id, account_id, state in rows}


async def rates(session: AsyncSession) -> Rates:
    rows = await session.execute(_RATES)
    return Rates(ExchangeRate(base, quote, rate, day, source) for base, quote, rate, day, source in rows)


async def products(session: AsyncSession, skus: Collection[str]) -> dict[str, Product]:
    return {row.sku: Product(*row) for row in await session.execute(_PRODUCTS, {"skus": sorted(skus)})}


async def keep_accounts(session: AsyncSession, changed: Iterable[Account]) -> None:
    found = sorted(changed, key=lambda one: one.account_id)
    if found:
        given = {
            "ids": [one.account_id for one in found],
            "branches": [one.branch for one in found],
            "states": [account_bytes(one) for one in found],
        }
        await session.execute(_KEEP_ACCOUNTS, given)


async def keep_orders(session: AsyncSession, changed: Iterable[Order]) -> None:
    found = sorted(changed, key=lambda one: one.order_id)
    if not found:
        return
    await session.execute(
        _KEEP_ORDERS,
        {
            "ids": [one.order_id for one in found],
            "accounts": [one.account_id for one in found],
            "contracts": [one.contract_id for one in found],
            "currencies": [one.currency for one in found],
            "firsts": [one.placed_at for one in found],
            "lasts": [max([one.placed_at, *(delivery.at for delivery in one.deliveries)]) for one in found],
            "states": [order_bytes(one) for one in found],
        },
    )


async def keep_contracts(session: AsyncSession, changed: Iterable[Contract]) -> None:
    for one in changed:
        await session.execute(
            _KEEP_CONTRACT,
            {
                "id": one.contract_id,
                "account": one.account_id,
                "salespeople": sorted({user_id for line in one.lines for user_id, _ in line.salespeople}),
                "skus": sorted({line.sku for line in one.lines}),
                "state": contract_bytes(one),
            },
        )


async def keep_products(session: AsyncSession, changed: Iterable[Product]) -> None:
    for one in changed:
        await session.execute(_KEEP_PRODUCT, one._asdict())


async def keep_rates(session: AsyncSession, rows: Iterable[ExchangeRate]) -> None:
    for row in rows:
        given = {"base": row.base, "quote": row.quote, "day": row.on, "rate": row.rate, "source": row.source}
        await session.execute(_KEEP_RATE, given)


_ACCOUNTS = text("SELECT account_id, state FROM account_state WHERE account_id = ANY(CAST(:ids AS text[]))")

_ORDERS = text(
    """
    SELECT order_id, account_id, state FROM order_state WHERE order_id = ANY(CAST(:orders AS text[]))
    UNION ALL
    SELECT order_id, account_id, state FROM order_state
    WHERE account_id = ANY(CAST(:accounts AS text[])) AND order_id <> ALL(CAST(:orders AS text[]))
    UNION ALL
    SELECT order_id, account_id, state FROM order_state
    WHERE contract_id = ANY(CAST(:contracts AS text[])) AND order_id <> ALL(CAST(:orders AS text[]))
      AND account_id <> ALL(CAST(:accounts AS text[]))
    """
)

_UNDER_CONTRACT = text(
    """
    SELECT EXISTS (SELECT FROM order_state WHERE contract_id IS NOT NULL AND order_id = ANY(CAST(:ids AS text[])))
    """
)

_TRADING = text(
    """
    SELECT DISTINCT account_id FROM order_state
    WHERE last_at >= :since AND (CAST(:until AS timestamptz) IS NULL OR first_at < :until)
      AND (CAST(:currencies AS text[]) = '{}' OR currency = ANY(CAST(:currencies AS text[])))
    """
)

_CONTRACTS = text(
    """
    SELECT contract_id, account_id, state FROM contract_state
    WHERE :every OR contract_id = ANY(CAST(:contracts AS text[])) OR account_id = ANY(CAST(:accounts AS text[]))
       OR salespeople && CAST(:salespeople AS text[]) OR skus && CAST(:skus AS text[])
    """
)

_RATES = text("SELECT base, quote, rate, day, source FROM exchange_rate ORDER BY base, quote, day")

_PRODUCTS = text(
    "SELECT sku, brand, new_brand_from, new_brand_until FROM product WHERE sku = ANY(CAST(:skus AS text[]))"
)

_KEEP_ACCOUNTS = text(
    """
    INSERT INTO account_state (account_id, branch, state)
    SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:branches AS text[]), CAST(:states AS bytea[]))
    ON CONFLICT (account_id) DO UPDATE SET branch = excluded.branch, state = excluded.state
    """
)

_KEEP_ORDERS = text(
    """
    INSERT INTO order_state (order_id, account_id, contract_id, currency, first_at, last_at, state)
    SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:accounts AS text[]), CAST(:contracts AS text[]),
                         CAST(:currencies AS text[]), CAST(:firsts AS timestamptz[]), CAST(:lasts AS timestamptz[]),
                         CAST(:states AS bytea[]))
    ON CONFLICT (order_id) DO UPDATE SET last_at = excluded.last_at, state = excluded.state
    """
)

_KEEP_CONTRACT = text(
    """
    INSERT INTO contract_state (contract_id, account_id, salespeople, skus, state)
    VALUES (:id, :account, CAST(:salespeople AS text[]), CAST(:skus AS text[]), :state)
    ON CONFLICT (contract_id) DO NOTHING
    """
)

_KEEP_PRODUCT = text(
    """
    INSERT INTO product (sku, brand, new_brand_from, new_brand_until)
    VALUES (:sku, :brand, :new_brand_from, :new_brand_until)
    ON CONFLICT (sku) DO UPDATE SET brand = excluded.brand, new_brand_from = excluded.new_brand_from,
                                    new_brand_until = excluded.new_brand_until
    """
)

_KEEP_RATE = text(
    """
    INSERT INTO exchange_rate (base, quote, day, rate, source) VALUES (:base, :quote, :day, :rate, :source)
    ON CONFLICT (base, quote, day) DO UPDATE SET rate = excluded.rate, source = excluded.source
    """
)
