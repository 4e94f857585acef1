"""Who is told of a decision, and what each mail says when it leaves: never more than its reader may see (C10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.deadlines.repository import requests_of
from services.approvals.deadlines.service import open_step, people_able
from services.approvals.notices import repository
from services.approvals.notices.domain import Kind, Matter
from services.approvals.notices.models import Notice
from services.approvals.requests.models import RequestRow, StepRow
from services.approvals.requests.repository import PERMISSION_TO_READ, wish_of
from services.approvals.requests.states import State, StepState
from services.approvals.routing.repository import people_for
from shared.auth.people import find_principal
from shared.auth.principal import Principal
from shared.mail import Mail
from shared.mail_wording import wordings
from shared.mailing import Unsent

AT_ONCE = 200
WORDINGS = wordings(Path(__file__).with_name("mails.yaml"))
NO_TIME = {"en": "no time set", "zh": "未设时限"}


@dataclass(frozen=True, slots=True)
class Wordbook:
    """What composing needs beside the notice: the moment and policies, names of roles, and where links lead."""

    at: Circumstances
    names: Mapping[str, Mapping[str, str]]
    links_url: str


async def tell_of_decisions(session: AsyncSession, *, mailing: bool, at: Circumstances, at_most: int = AT_ONCE) -> int:
    """The requester and the copied roles the chain has reached hear what was decided; returns how many decisions."""
    decided = await repository.decisions_not_told(session, at_most=at_most)
    rows = await requests_of(session, {one.request_id for one in decided})
    for one in decided:
        if mailing:
            await _tell_of(session, rows[one.request_id], decided_at=one.decided_at, at=at)
        await session.delete(one)
    await session.flush()
    return len(decided)


async def _tell_of(session: AsyncSession, row: RequestRow, *, decided_at: datetime, at: Circumstances) -> None:
    matter = Matter(row.id, "", decided_at, Kind.DECIDED)
    await repository.tell(session, {row.requester}, matter=matter, now=at.now)
    matter = Matter(row.id, "", decided_at, Kind.COPIED)
    await repository.tell(
        session, await repository.copied_on(session, row.id) - {row.requester}, matter=matter, now=at.now
    )
    copies = {step.step: wish_of(step) for step in row.steps if step.state == StepState.TOLD}
    people = await people_for(session, copies.values(), on=at.today) if copies else {}
    for step, wish in copies.items():
        matter = Matter(row.id, step, decided_at, Kind.COPIED)
        await repository.tell(session, people[wish] - {row.requester}, matter=matter, now=at.now)


async def notice_mail(session: AsyncSession, notice: Notice, *, book: Wordbook) -> Mail | Unsent:
    """The mail as of now, or why there is none: no address, nobody to read it, or nothing to be told any more."""
    address = await repository.address_of(session, notice.user_id)
    if address is None:
        return Unsent.NO_ADDRESS
    reader = await find_principal(session, user_id=notice.user_id, on=book.at.today)
    row = (await requests_of(session, [notice.request_id]))[notice.request_id]
    if reader is None or not await _still_so(session, notice, row, at=book.at):
        return Unsent.NEEDLESS
    wording = WORDINGS[notice.kind]
    subject, text = wording.said(_values(notice, row, reader, book), language=address.language)
    return Mail(f"notice-{notice.id}", address.address, subject, text)


async def _still_so(session: AsyncSession, notice: Notice, row: RequestRow, *, at: Circumstances) -> bool:
    if notice.kind in (Kind.DECIDED, Kind.COPIED):
        return True
    step = open_step(row, notice.step, notice.since)
    if step is None:
        return False
    if notice.kind not in (Kind.OPENED, Kind.REMINDED):
        return True
    return notice.user_id in await people_able(session, row, step, at=at)


def _values(notice: Notice, row: RequestRow, reader: Principal, book: Wordbook) -> dict[str, Mapping[str, str]]:
    step = next((one for one in row.steps if one.step == notice.step), None)
    link, number = f"{book.links_url.rstrip('/')}/requests/{row.id}", row.id
    state = State(row.state)
    shown = row.title if _may_read(reader, row) else {"en": f"request {number}", "zh": f"申请 {number}"}
    role = step.capacity if step else ""
    return {
        "title": {"en": shown["en"], "zh": shown["zh"]},
        "role": book.names.get(role, {"en": role, "zh": role}),
        "due": _due(step, zone=book.at.zone),
        "state": {"en": state.en, "zh": state.zh},
        "link": {"en": link, "zh": link},
    }


def _may_read(reader: Principal, row: RequestRow) -> bool:
    reach = reader.reach(PERMISSION_TO_READ)
    covered = reach.covers(branch=row.branch, account_id=row.account_id, user_id=row.requester)
    return reader.may(PERMISSION_TO_READ) and covered


def _due(step: StepRow | None, *, zone: str) -> dict[str, str]:
    if step is None or step.due_at is None:
        return NO_TIME
    local = f"{step.due_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
    return {"en": local, "zh": local}
