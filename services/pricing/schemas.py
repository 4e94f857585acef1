"""Shapes that every slice's requests and answers share."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.errors import Words
from shared.http.field_errors import not_valid
from shared.money import Money, is_currency


class Request(BaseModel):
    """A body: fields nobody knows are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known(code: str) -> str:
    if not is_currency(code):
        raise not_valid({"en": "not an ISO 4217 currency", "zh": "不是 ISO 4217 币种"})
    return code


Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Sku = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\s\x00-\x1f\x7f-\x9f]+$")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Currency = Annotated[str, AfterValidator(_known), Field(pattern=r"^[A-Z]{3}$", examples=["CNY"])]
Quantity = Annotated[int, Field(ge=1, le=1_000_000)]
Figure = Annotated[str, StringConstraints(pattern=r"^\d{1,10}(\.\d{1,4})?$")]


class MoneyText(Request):
    """An exact amount; a number of JSON is refused, since it may be a float."""

    amount: Figure = Field(examples=["1000.00"])
    currency: Currency

    @model_validator(mode="after")
    def _fits_its_currency(self) -> Self:
        Money.parse(self.amount, self.currency)
        return self

    def money(self) -> Money:
        return Money.parse(self.amount, self.currency)


def money_text(amount_minor: int, currency: str) -> MoneyText:
    return MoneyText.model_construct(amount=str(Money(amount_minor, currency)), currency=currency)


class MoneyShown(Answer):
    """An amount as we say it: of any size, and less than nothing where it was given back."""

    amount: Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", examples=["1000.00"])]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["CNY"])]


class BothLanguages(Request):
    en: Text
    zh: Text

    def words(self) -> Words:
        return {"en": self.en, "zh": self.zh}


def plain_decimal(value: Decimal) -> str:
    """Without an exponent and without zeros nobody needs."""
    return f"{value.normalize():f}"
