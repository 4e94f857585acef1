"""Why a line of a foreign file is not taken: one of few reasons to count by, and what exactly is wrong to read."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from unicodedata import category

from shared.errors import Words

MOST_PIECES = 10_000_000
HIGHEST_PRICE = Decimal(10**9)
LONGEST_SKU, LONGEST_REFERENCE = 64, 200
LONGEST_SHOWN = 40


class Reason(StrEnum):
    """Why a line is not taken: the first that holds, in this order."""

    UNREADABLE_ROW = "unreadable_row"
    BAD_DATE = "bad_date"
    NO_CUSTOMER = "no_customer"
    NON_PRODUCT = "non_product"
    QUANTITY_ZERO = "quantity_zero"
    PRICE_NOT_POSITIVE = "price_not_positive"
    SIGN_MISMATCH = "sign_mismatch"
    UNMATCHED_RETURN = "unmatched_return"
    SOURCE_CHANGED = "source_changed"


class Refusal(NamedTuple):
    reason: Reason
    detail: Words
    column: str | None = None


class Unread(NamedTuple):
    """What of a line could not be read, as it was written; `row` where there is no line at all, and from where on."""

    row: Words | None = None
    at: str | None = None
    quantity: str | None = None
    column: str | None = None


ALL_READ = Unread()

TITLES: Mapping[Reason, Words] = {
    Reason.UNREADABLE_ROW: {"en": "it cannot be read", "zh": "该行无法读取"},
    Reason.BAD_DATE: {"en": "it has no time that can be", "zh": "时间无效"},
    Reason.NO_CUSTOMER: {"en": "no such customer is known", "zh": "客户未知"},
    Reason.NON_PRODUCT: {"en": "it is no product", "zh": "不是产品"},
    Reason.QUANTITY_ZERO: {"en": "the quantity is zero", "zh": "数量为零"},
    Reason.PRICE_NOT_POSITIVE: {"en": "the price is not more than zero", "zh": "价格须大于零"},
    Reason.SIGN_MISMATCH: {"en": "the quantity's sign does not fit the document", "zh": "数量正负与单据不符"},
    Reason.UNMATCHED_RETURN: {"en": "the return finds no original", "zh": "退货找不到原订单"},
    Reason.SOURCE_CHANGED: {"en": "it was taken before with other contents", "zh": "该行此前已导入且内容不同"},
}


def is_clean(text: str) -> bool:
    """Without control characters and halves of characters: a database keeps it as it is."""
    return text.isprintable() or not any(category(sign) in ("Cc", "Cs") for sign in text)


def shown(text: str) -> str:
    """As a person can read it: what is not visible by its number, and not more than a few words."""
    seen = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text[: LONGEST_SHOWN + 1])
    return seen if len(text) <= LONGEST_SHOWN else f"{seen[:LONGEST_SHOWN]}…"


def plainly(reason: Reason) -> Refusal:
    return Refusal(reason, TITLES[reason])


def unreadable(unread: Unread) -> Refusal | None:
    return None if unread.row is None else Refusal(Reason.UNREADABLE_ROW, unread.row, unread.column)


def bad_date(unread: Unread) -> Refusal:
    if not unread.at:
        return Refusal(Reason.BAD_DATE, {"en": "there is no time", "zh": "缺少时间"})
    at = shown(unread.at)
    return Refusal(Reason.BAD_DATE, {"en": f"{at!r} is no time of our days", "zh": f"“{at}”不是有效时间"})


def later_than_now(at: datetime) -> Refusal:
    return Refusal(
        Reason.BAD_DATE, {"en": f"{at.isoformat()} is later than now", "zh": f"{at.isoformat()}晚于当前时间"}
    )


def unknown_customer(number: str) -> Refusal:
    if not number:
        return Refusal(Reason.NO_CUSTOMER, {"en": "no customer is named", "zh": "未列客户"})
    number = shown(number)
    words: Words = {"en": f"no account here has the number {number!r}", "zh": f"没有编号为“{number}”的客户"}
    return Refusal(Reason.NO_CUSTOMER, words)


def unfit(text: str, *, longest: int, what: Words) -> Refusal | None:
    """A code that could not be kept as it is written: it is never changed silently."""
    if text and len(text) <= longest and is_clean(text):
        return None
    if not text:
        words: Words = {"en": f"there is no {what['en']}", "zh": f"缺少{what['zh']}"}
    elif len(text) > longest:
        words = {
            "en": f"the {what['en']} has more than {longest} characters: {shown(text)!r}",
            "zh": f"{what['zh']}超过{longest}个字符：“{shown(text)}”",
        }
    else:
        words = {
            "en": f"the {what['en']} has control characters: {shown(text)}",
            "zh": f"{what['zh']}含有控制字符：“{shown(text)}”",
        }
    return Refusal(Reason.NON_PRODUCT, words)


SKU: Words = {"en": "product code", "zh": "产品代码"}
REFERENCE: Words = {"en": "number of the document", "zh": "单据编号"}


def not_a_product(sku: str) -> Refusal:
    words: Words = {"en": f"{shown(sku)!r} is no product in this system", "zh": f"“{shown(sku)}”在该系统中不是产品"}
    return Refusal(Reason.NON_PRODUCT, words)


def no_quantity(unread: Unread) -> Refusal:
    """Zero, or a figure that counts as none."""
    written = unread.quantity
    if written is None:
        return plainly(Reason.QUANTITY_ZERO)
    if not written:
        return Refusal(Reason.QUANTITY_ZERO, {"en": "there is no quantity", "zh": "缺少数量"})
    at_most: Words = {
        "en": f"more than {MOST_PIECES} pieces: {shown(written)}",
        "zh": f"数量超过{MOST_PIECES}件：{shown(written)}",
    }
    no_number: Words = {"en": f"{shown(written)!r} is no whole number", "zh": f"“{shown(written)}”不是整数"}
    is_whole = written.lstrip("+-").isdecimal()
    return Refusal(Reason.QUANTITY_ZERO, at_most if is_whole else no_number)


def no_price(written: str, price: Decimal | None) -> Refusal:
    """`price` is what the text says, where it is a number at all."""
    if price is not None and price <= 0:
        return plainly(Reason.PRICE_NOT_POSITIVE)
    if not written:
        words: Words = {"en": "there is no price", "zh": "缺少价格"}
    elif price is not None:
        words = {
            "en": f"more than {HIGHEST_PRICE}: {shown(written)}",
            "zh": f"价格超过{HIGHEST_PRICE}：{shown(written)}",
        }
    else:
        words = {"en": f"{shown(written)!r} is no number", "zh": f"“{shown(written)}”不是数字"}
    return Refusal(Reason.PRICE_NOT_POSITIVE, words)


def wrong_sign(quantity: int) -> Refusal:
    sold: Words = {"en": "a document of sale with less than nothing", "zh": "销售单据的数量为负"}
    returned: Words = {"en": "a document of return with more than nothing", "zh": "退货单据的数量为正"}
    return Refusal(Reason.SIGN_MISMATCH, sold if quantity < 0 else returned)


def unmatched(quantity: int) -> Refusal:
    words: Words = {"en": f"{quantity} pieces find no order to come back from", "zh": f"{quantity}件找不到可退的订单"}
    return Refusal(Reason.UNMATCHED_RETURN, words)


def order_stands() -> Refusal:
    words: Words = {"en": "its order stands and takes no further lines", "zh": "该订单已成立，不再增加行"}
    return Refusal(Reason.SOURCE_CHANGED, words)
