"""One row of an import is right as a whole or refused as a whole, with each field and reason (A1)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from services.accounts.banking.domain import account_number
from services.accounts.banking.schemas import NewBankAccount
from services.accounts.dossiers.domain import Channel, DocumentExpired, SalesClass
from services.accounts.dossiers.schemas import DossierFields, NewDocument, NewPerson, Text
from services.accounts.happened import check_all_happened
from services.accounts.imports.columns import BY_HEADING, BY_NAME, REQUIRED, Column
from services.accounts.imports.faults import Fault, Rejected
from shared.calendar import is_of_our_times, period
from shared.errors import Problem, Words
from shared.http.field_errors import not_valid, pointer_to, words_of
from shared.http.moments import Day
from shared.sheets.faults import Place
from shared.sheets.header import read_header, wrong_width
from shared.sheets.reading import ZERO_BYTE, BadCell, Line, cell_name

LICENCE = "business_licence"


def of_a_half_year(key: str) -> str:
    if not is_of_our_times(period(key).first):
        raise not_valid({"en": "a half year of these times", "zh": "须为有效的半年期间"})
    return key


HalfYear = Annotated[str, Field(pattern=r"^[1-9][0-9]{3}-H[12]$", examples=["2026-H1"]), AfterValidator(of_a_half_year)]


class ElectionRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    choice: str = Field(pattern=r"^(subsidy|discount)$")
    valid_from: Day
    valid_until: Day
    elected_by: Text = Field(description="the person who chose")

    @field_validator("valid_until")
    @classmethod
    def _has_a_day(cls, value: date, info: ValidationInfo) -> date:
        first = info.data.get("valid_from")
        if first is not None and value <= first:
            raise not_valid({"en": "valid_until lies after valid_from", "zh": "结束日须晚于开始日"})
        return value


class LicenceRow(NewDocument):
    type: str = Field(LICENCE, pattern=f"^{LICENCE}$")


class HeldClass(BaseModel):
    """The class an account comes with, in force since a day that lies behind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grade: str = Field(pattern=r"^[A-Za-z0-9_-]{1,20}$", examples=["B"])
    valid_from: Day


class AccountRow(DossierFields):
    """A dossier with its people, licence and bank account, its class, key-account lists, and what it elected."""

    number: str = Field(min_length=1, max_length=100)
    filed_on: Day | None = None
    legal_name: str = Field(min_length=1, max_length=500)
    country: str | None = None
    branch: str = Field(min_length=1)
    channel: Channel
    sales_class: SalesClass
    industrial: bool = False
    people: Annotated[tuple[NewPerson, ...], Field(max_length=20)] = ()
    licence: LicenceRow | None = None
    bank_account: NewBankAccount | None = None
    class_held: HeldClass | None = None
    lists: tuple[HalfYear, ...] = ()
    election: ElectionRow | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A row as it came: JSON values, where each stood in a sheet, and the cells that hold no value.

    `unread` says why nothing of the row could be read.
    """

    plain: Mapping[str, Any]
    places: Mapping[str, Place] = field(default_factory=dict)
    bad: Sequence[Fault] = ()
    unread: Fault | None = None


@dataclass(frozen=True, slots=True)
class Readable:
    """A row that is right in itself, with its place in the file."""

    row: int
    account: AccountRow
    places: Mapping[str, Place] = field(default_factory=dict)

    def rejected(self, *faults: Fault) -> Rejected:
        return Rejected(self.row, faults, self.places)

    def refused_by(self, problem: Problem, *, at: str) -> Rejected:
        """What a use case refused, at a field of the row; its own pointers lie below that field."""
        found = [Fault(f"{at}{error.pointer}", error.code, error.detail) for error in problem.errors]
        return self.rejected(*(found or [Fault(at, problem.code, problem.detail or problem.title)]))


def read_rows(rows: Iterable[Mapping[str, Any] | Sent], *, today: date | None = None) -> Iterator[Readable | Rejected]:
    """Each row as an account, or why it is none; a number that comes twice in one file is refused the second time.

    A document that has expired by `today` is refused as it would be alone.
    """
    numbers: set[str] = set()
    for row, came in enumerate(rows, start=1):
        sent = came if isinstance(came, Sent) else Sent(came, bad=[*_zero_bytes(came)])
        if sent.unread is not None:
            yield Rejected(row, [sent.unread], sent.places)
            continue
        try:
            read = Readable(row, AccountRow.model_validate(sent.plain), sent.places)
        except ValidationError as error:
            yield Rejected(row, [*sent.bad, *_faults_of(error, sent)], sent.places)
            continue
        faults = [*sent.bad, *_further_faults(read, numbers, today)]
        numbers.add(read.account.number)
        yield read.rejected(*faults) if faults else read


def _faults_of(error: ValidationError, sent: Sent) -> Iterator[Fault]:
    """Every wrong field once; a field whose cell is bad was named already."""
    named = {fault.pointer for fault in sent.bad}
    for found in error.errors():
        pointer = pointer_to(found, path=found["loc"], sent=sent.plain)
        if pointer not in named:
            named.add(pointer)
            yield Fault(pointer, found["type"], words_of(found))


def _zero_bytes(value: Any, pointer: str = "") -> Iterator[Fault]:
    """Texts that no database keeps, as JSON may hold them."""
    if isinstance(value, str) and "\0" in value:
        yield Fault(pointer, ZERO_BYTE.code, ZERO_BYTE.detail)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _zero_bytes(part, f"{pointer}/{name}")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _zero_bytes(part, f"{pointer}/{place}")


def _further_faults(read: Readable, numbers: set[str], today: date | None) -> Iterator[Fault]:
    account = read.account
    if account.number in numbers:
        said: Words = {
            "en": f"{account.number} stands in the file twice.",
            "zh": f"编号{account.number}在文件中重复出现。",
        }
        yield Fault("/number", "number_twice", said)
    if today:
        try:
            check_all_happened(_happened(account), today=today)
        except Problem as problem:
            yield from read.refused_by(problem, at="").faults
    licence = account.licence
    if licence and licence.expires_on and today and licence.expires_on < today:
        yield from read.refused_by(DocumentExpired(licence.expires_on), at="/licence").faults
    if account.bank_account:
        try:
            account_number(account.bank_account.number)
        except Problem as problem:
            yield from read.refused_by(problem, at="/bank_account").faults


def _happened(account: AccountRow) -> dict[str, date | None]:
    """The row's days of what lies behind, by their pointers."""
    births = {f"/people/{place}/birth_date": person.birth_date for place, person in enumerate(account.people)}
    issued = account.licence.issued_on if account.licence else None
    own = {"/filed_on": account.filed_on, "/founded_on": account.founded_on}
    held_since = account.class_held.valid_from if account.class_held else None
    return {**own, **births, "/licence/issued_on": issued, "/class_held/valid_from": held_since}


def sheet_rows(lines: Iterable[Line]) -> Iterator[Sent]:
    """The lines below the first, by the columns it names. Raises WrongHeader."""
    rest = iter(lines)
    header = next(rest, None)
    columns = read_header(header, BY_HEADING, [BY_NAME[name] for name in REQUIRED])
    for line in rest:
        yield _odd(line, header, columns) or _sent(line, columns)


def _odd(line: Line, header: Line | None, columns: Sequence[tuple[str, Column]]) -> Sent | None:
    """A row of too few or too many cells is not read: after the wrong comma each value stands in another's place."""
    found = wrong_width(line, header) if header else None
    if found is None:
        return None
    place, code, counted = found
    where = cell_name(line.row, place)
    heading = columns[place][0] if place < len(columns) else ""
    return Sent({}, {f"/{where}": Place(where, heading)}, unread=Fault(f"/{where}", code, counted))


def _sent(line: Line, columns: Sequence[tuple[str, Column]]) -> Sent:
    tree = Tree()
    bad = []
    blank = [""] * (len(columns) - len(line.cells))
    for place, cell in enumerate([*line.cells, *blank]):
        if place >= len(columns):
            if cell == "":
                continue
            beyond: Words = {"en": "beyond the last named column", "zh": "超出最后一个有列名的列"}
            said = cell.detail if isinstance(cell, BadCell) else beyond
            where = cell_name(line.row, place)
            bad.append(Fault(f"/{where}", "no_column", said))
            tree.places[f"/{where}"] = Place(where, "")
            continue
        heading, column = columns[place]
        pointer = tree.keep(column, cell, Place(cell_name(line.row, place), heading))
        if isinstance(cell, BadCell):
            bad.append(Fault(pointer, cell.code, cell.detail))
    return Sent(tree.plain, tree.places, bad)


class Tree:
    """The nested row that flat columns stand for, and which cell each value came from."""

    def __init__(self) -> None:
        self.plain: dict[str, Any] = {}
        self.places: dict[str, Place] = {}
        self._people: list[str] = []

    def keep(self, column: Column, cell: str | BadCell, place: Place | None = None) -> str:
        """The pointer of what the cell stands for; a blank cell is left out, a bad one is null."""
        value = None if isinstance(cell, BadCell) else column.value(cell)
        pointer = self._put(column.goes_to, value) if cell != "" else f"/{'/'.join(column.goes_to)}"
        if place is not None:
            self.places[pointer] = place
        return pointer

    def _put(self, goes_to: tuple[str, ...], value: Any) -> str:
        if goes_to[0] == "people":
            _, role, name = goes_to
            return self._put_person(role, name, value)
        holder = self.plain
        for step in goes_to[:-1]:
            holder = holder.setdefault(step, {})
        holder[goes_to[-1]] = value
        return f"/{'/'.join(goes_to)}"

    def _put_person(self, role: str, name: str, value: Any) -> str:
        people = self.plain.setdefault("people", [])
        if role not in self._people:
            self._people.append(role)
            people.append({"role": role})
        people[self._people.index(role)][name] = value
        return f"/people/{self._people.index(role)}/{name}"


def from_csv(row: Mapping[str, str]) -> dict[str, Any]:
    """A flat row, by column names, as the NDJSON row it stands for; a name that is no column stays for refusal."""
    tree = Tree()
    for name, text in row.items():
        if text != "" and name in BY_NAME:
            tree.keep(BY_NAME[name], text)
        elif text != "":
            tree.plain[name] = text
    return tree.plain


def parted(rows: Sequence[Readable | Rejected]) -> tuple[list[Readable], list[Rejected]]:
    good = [row for row in rows if isinstance(row, Readable)]
    return good, [row for row in rows if isinstance(row, Rejected)]
