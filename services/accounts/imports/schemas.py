"""Shapes of an import of accounts over HTTP."""

from pydantic import AwareDatetime, BaseModel, Field


class RejectedRow(BaseModel):
    row: int = Field(description="place in the file, from 1")
    pointer: str = Field(examples=["/branch"])
    code: str = Field(examples=["branch_out_of_reach"])
    detail: str


class AccountImportOut(BaseModel):
    """What came of an import: `rows` = `accepted` + the number of `rejected`; `unchanged` were known already."""

    import_id: str
    imported_at: AwareDatetime
    rows: int
    accepted: int
    unchanged: int
    rejected: list[RejectedRow]
