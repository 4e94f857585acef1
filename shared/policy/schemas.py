"""What the policy routes take and answer."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.policy.difference import Change
from shared.policy.findings import Finding
from shared.policy.lifecycle import Draft, Published
from shared.policy.registry import Fact

# A database keeps every character but this one.
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TextIn(Shape):
    en: str = Field(examples=["Monthly volume subsidy"])
    zh: str = Field(examples=["大客户现金补贴"])


class PolicyShown(Shape):
    """One published version."""

    id: str = Field(examples=["volume-subsidy"])
    version: int = Field(examples=[1])
    service: str = Field(examples=["rewards"], description="the service that publishes it")
    form: str = Field(examples=["benefit"])
    rows: list[str] = Field(examples=[["P4", "R1"]], description="rows of the policy catalogue")
    title: TextIn
    owner: str = Field(examples=["finance_director"])
    valid_from: date = Field(examples=["2021-01-01"])
    valid_until: date | None = Field(examples=["2022-01-01"], description="first day no longer covered")
    sample: bool = Field(description="figures are examples until the owner sets them")
    content_hash: str
    maker: str
    checker: str
    published_at: datetime
    retroactive_reason: str | None
    withdrawn: bool

    @classmethod
    def of(cls, one: Published) -> "PolicyShown":
        return cls(**_shown(one))


class PolicyVersion(PolicyShown):
    """One published version with its document."""

    document: dict[str, Any] = Field(description="the stored form: anchors expanded, defaults left out")

    @classmethod
    def whole(cls, one: Published, document: dict[str, Any]) -> "PolicyVersion":
        return cls(**_shown(one), document=document)


def _shown(one: Published) -> dict[str, Any]:
    document = one.document
    return {
        "id": one.id,
        "version": one.version,
        "service": one.service,
        "form": document.form,
        "rows": list(document.row),
        "title": TextIn(en=document.title.en, zh=document.title.zh),
        "owner": document.owner,
        "valid_from": document.valid.from_,
        "valid_until": document.valid.until,
        "sample": document.sample,
        "content_hash": one.content_hash,
        "maker": one.maker,
        "checker": one.checker,
        "published_at": one.published_at,
        "retroactive_reason": one.retroactive_reason,
        "withdrawn": one.withdrawn,
    }


class FindingShown(Shape):
    """One thing lint says of a document."""

    code: str = Field(examples=["table_gap"])
    policy: str = Field(examples=["volume-subsidy"])
    path: str = Field(examples=["table.rows[2].from"])
    cell: str | None = Field(description="the spreadsheet's cell, where it came from one")
    severity: Literal["error", "warning"]
    en: str = Field(examples=["Values from 500000 to 500001 have no row."])
    zh: str = Field(examples=["500000至500001之间没有档位。"])

    @classmethod
    def of(cls, found: Finding) -> "FindingShown":
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class LintAnswer(Shape):
    """What lint would say of the house with these documents in it."""

    documents: int
    findings: list[FindingShown]


class EndorsementShown(Shape):
    """One decision on a publication."""

    step: str = Field(examples=["owner"])
    by: str
    at: datetime
    route: str = Field(examples=["policy-publication@1"])


class DraftShown(Shape):
    """A document on its way, or the version it takes back."""

    draft_id: str
    policy_id: str
    state: Literal["draft", "proposed", "published"]
    document: dict[str, Any] | None
    withdraws: int | None = Field(description="the version it takes back, where it is a withdrawal")
    reason: str | None
    based_on: int = Field(description="the newest version when it was written; 0 for a new policy")
    maker: str
    endorsements: list[EndorsementShown] = Field(description="decisions of the publication route so far")
    checker: str | None
    drafted_at: datetime
    proposed_at: datetime | None
    published_at: datetime | None
    findings: list[FindingShown] = Field(default=[], description="what lint says of it now")

    @classmethod
    def of(cls, draft: Draft, findings: tuple[Finding, ...] = ()) -> "DraftShown":
        said = {name: getattr(draft, name) for name in Draft.__dataclass_fields__}
        shown = {
            "draft_id": str(draft.draft_id),
            "state": draft.state.value,
            "endorsements": [EndorsementShown.model_validate(one) for one in draft.endorsements],
        }
        return cls(**{**said, **shown, "findings": [FindingShown.of(found) for found in findings]})


class PolicyHistory(Shape):
    """Every version of a policy, newest first, and its drafts."""

    id: str
    versions: list[PolicyShown]
    drafts: list[DraftShown]


class Proposal(Shape):
    """Only a start in the past needs a word."""

    retroactive_reason: Reason | None = Field(None, examples=["The addendum was signed late."])


class Withdrawal(Shape):
    """Takes a published version back."""

    withdraws: int = Field(ge=1, examples=[2])
    reason: Reason = Field(examples=["Published with last year's figures."])


class ChangeShown(Shape):
    path: str = Field(examples=["table.rows[1].rate"])
    before: Any
    after: Any
    en: str = Field(examples=["table, row 2, rate: 0.25 becomes 0.26."])
    zh: str = Field(examples=["档位表 档第2项 比率：由0.25改为0.26。"])

    @classmethod
    def of(cls, change: Change) -> "ChangeShown":
        return cls(path=change.path, before=change.before, after=change.after, en=change.en, zh=change.zh)


class Difference(Shape):
    """What changed from one version to another, in words."""

    id: str
    from_version: int
    to_version: int
    changes: list[ChangeShown]


class FactShown(Shape):
    """A fact policies may name."""

    name: str = Field(examples=["purchases"])
    services: list[str]
    subject: list[str]
    type: str = Field(examples=["money"])
    choices: list[str]
    unit: str
    min: int | None = Field(description="smallest value; null where it may be negative")
    windows: list[str]
    bases: list[str]
    meaning: TextIn
    how: str

    @classmethod
    def of(cls, fact: Fact) -> "FactShown":
        lists = {name: list(getattr(fact, name)) for name in ("services", "subject", "choices", "windows", "bases")}
        meaning = TextIn(en=fact.en, zh=fact.zh)
        plain = {name: getattr(fact, name) for name in ("name", "type", "unit", "min", "how")}
        return cls(**plain, **lists, meaning=meaning)
