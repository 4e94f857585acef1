"""Shapes of surveys over HTTP, for the staff and for the customer who holds a link."""

from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, StrictInt, StringConstraints

from services.accounts.contacts.schemas import Note
from services.accounts.dossiers.schemas import Request

QuestionId = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class NewSurvey(Request):
    account_id: str
    person_id: str | None = Field(
        None, description="the person of the dossier it is sent to; left out, it is mailed to the account's own address"
    )
    by_hand: bool = Field(False, description="answer with the link and mail nothing: the caller hands it over")


class Question(BaseModel):
    id: str = Field(examples=["delivery"])
    asks: dict[str, str] = Field(examples=[{"en": "Do deliveries come as promised?", "zh": "是否按约交付？"}])


class MailingOut(BaseModel):
    """How far the mail with the link has come; the address itself is read from the dossier when it is sent."""

    state: str = Field(description="waiting, sent, given_up or needless", examples=["sent"])
    tries: int
    next_try_at: AwareDatetime | None
    sent_at: AwareDatetime | None = Field(description="when the mail server took it")
    failure: str | None = Field(
        description="of the last try: unreachable, put_off, refused, no_address", examples=["unreachable"]
    )


class SurveyOut(BaseModel):
    id: str
    account_id: str
    person_id: str | None
    questions: list[Question]
    sent_at: AwareDatetime
    sent_by: str
    expires_on: date = Field(description="its last day")
    answered_at: AwareDatetime | None
    answers: dict[str, int] | None
    average: str | None = Field(description="two digits; scored unrounded", examples=["4.33"])
    comment: str | None
    mailing: MailingOut | None = Field(description="none where the link was given to whoever sent the survey")


class SurveySent(SurveyOut):
    link: str | None = Field(
        description="shown once: who holds it answers without a login; none where the worker mails it"
    )


class OpenSurvey(BaseModel):
    """What a customer sees behind the link: nothing of the account."""

    questions: list[Question]
    lowest: int = Field(description="the worst mark", examples=[1])
    highest: int = Field(description="the best mark", examples=[5])
    expires_on: date
    answered: bool


class SurveyAnswers(Request):
    answers: dict[QuestionId, StrictInt] = Field(
        min_length=1, max_length=50, examples=[{"delivery": 5, "quality": 4, "service": 4}]
    )
    comment: Note | None = None


class SatisfactionOut(BaseModel):
    account_id: str
    period: str = Field(examples=["2021-Q1"])
    policy: str = Field(examples=["satisfaction-survey@1"])
    score: str | None = Field(description="two digits; compared unrounded", examples=["82.00"])
    grade: str | None = Field(examples=["content"])
    warnings: list[str]
    lines: list[str] = Field(description="the score in the reader's language")
    trace: dict[str, Any]
