"""Shapes of an import of accounts over HTTP."""

from pydantic import AwareDatetime, BaseModel, Field


class BothTexts(BaseModel):
    en: str = Field(examples=["a day such as 2012-05-14"])
    zh: str = Field(examples=["日期格式应为2012-05-14"])


class WrongValue(BaseModel):
    """One wrong value of a row; `cell` and `column` where the file was a sheet."""

    cell: str | None = Field(None, examples=["C7"])
    column: str | None = Field(None, description="the heading as it was written", examples=["成立日期"])
    pointer: str = Field(examples=["/founded_on"])
    code: str = Field(examples=["date_from_datetime_parsing"])
    detail: BothTexts


class RejectedRow(WrongValue):
    """A row that was refused whole, with the first thing that is wrong; `errors` names everything."""

    row: int = Field(description="place among the rows of the file, from 1; blank rows and the header don't count")
    errors: list[WrongValue]


class AccountImportOut(BaseModel):
    """What came of an import: `rows` = `accepted` + `refused`; `unchanged` were known already."""

    import_id: str
    imported_at: AwareDatetime
    rows: int
    accepted: int
    unchanged: int
    refused: int = Field(description="how many rows were refused")
    rejected: list[RejectedRow] = Field(description="the first 1,000 of them, each with its reasons")
