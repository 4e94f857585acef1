"""One row of an import is right as a whole or refused as a whole, with the column and the reason (A1)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.accounts.dossiers.domain import Channel, SalesClass
from shared.http.field_errors import pointer_to


class ElectionRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    choice: str = Field(pattern=r"^(subsidy|discount)$")
    valid_from: date
    valid_until: date
    elected_by: str | None = Field(None, min_length=1)


class AccountRow(BaseModel):
    """An account, the key-account lists it stands on, and what it elected."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: str = Field(min_length=1, max_length=100)
    legal_name: str = Field(min_length=1, max_length=500)
    country: str | None = None
    branch: str = Field(min_length=1)
    channel: Channel
    sales_class: SalesClass
    industry: str | None = None
    industrial: bool = False
    lists: tuple[Annotated[str, Field(pattern=r"^\d{4}-H[12]$")], ...] = ()
    election: ElectionRow | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a row was refused: its place in the file (from 1), the field, a stable code and a sentence."""

    row: int
    pointer: str
    code: str
    detail: str

    def to_plain(self) -> dict[str, Any]:
        return {"row": self.row, "pointer": self.pointer, "code": self.code, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Readable:
    """A row that is right in itself, with its place in the file."""

    row: int
    account: AccountRow


def read_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[Readable | Rejected]:
    """Each row as an account, or why it is none; a number that comes twice in one file is refused the second time."""
    numbers: set[str] = set()
    for place, row in enumerate(rows, start=1):
        try:
            account = AccountRow.model_validate(row)
        except ValidationError as error:
            yield first_error(place, error, row=row)
            continue
        if account.number in numbers:
            yield Rejected(place, "/number", "number_twice", f"{account.number} stands in the file twice.")
            continue
        numbers.add(account.number)
        yield Readable(place, account)


def first_error(place: int, error: ValidationError, *, row: Mapping[str, Any]) -> Rejected:
    found = error.errors()[0]
    return Rejected(place, pointer_to(found, path=found["loc"], sent=row), found["type"], found["msg"])


def from_csv(row: Mapping[str, str]) -> dict[str, Any]:
    """A CSV row as the NDJSON row it stands for: lists parted by spaces, the election in columns of its own."""
    election = {name.removeprefix("election_"): value for name, value in row.items() if name.startswith("election_")}
    plain: dict[str, Any] = {
        name: value for name, value in row.items() if value != "" and not name.startswith("election_")
    }
    if "lists" in plain:
        plain["lists"] = plain["lists"].split()
    if any(election.values()):
        plain["election"] = {name: value for name, value in election.items() if value}
    return plain


def parted(rows: Sequence[Readable | Rejected]) -> tuple[list[Readable], list[Rejected]]:
    good = [row for row in rows if isinstance(row, Readable)]
    return good, [row for row in rows if isinstance(row, Rejected)]
