"""Shapes of bank accounts over HTTP."""

from pydantic import BaseModel, Field

from services.accounts.dossiers.schemas import BankAccountOut, Request, Text


class NewBankAccount(Request):
    bank: Text = Field(examples=["Rawbank, Kinshasa"])
    number: Text = Field(examples=["05100-05101-01234567801-72"], description="6 to 34 digits or letters; kept sealed")
    holder: Text | None = Field(None, description="the account's legal name where left out; kept sealed")
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$", examples=["CNY"])


class BankAccounts(BaseModel):
    items: list[BankAccountOut]


class BankDetailsOut(BaseModel):
    """In clear; the reading was audited."""

    id: str
    bank: str
    number: str
    holder: str
