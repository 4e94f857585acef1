"""C10 against a real mail server: whom a request concerns hears of it once, and reads only what he may."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest_asyncio
from sqlalchemy import delete, func, select, text, update

from services.approvals.deadlines.service import look_at_open_steps
from services.approvals.notices.jobs import notice_jobs
from services.approvals.notices.models import DecidedRequest, MailAddress, Notice
from services.approvals.notices.service import WORDINGS, Wordbook, notice_mail, tell_of_decisions
from services.approvals.requests import service
from services.approvals.requests.models import StepRow
from services.approvals.settings import ApprovalsSettings
from shared.db.mechanisms import person, role_holding
from shared.db.session import commit
from shared.mail import MailServer
from shared.mailing import send_waiting
from shared.policy.explain import names_of
from tests.approvals.build import START
from tests.approvals.requests.test_service import EVERYWHERE, ask, decide, hire
from tests.mail_server import mail_server, text_of

LATE = datetime(2021, 3, 5, 9, tzinfo=UTC)
REMIND = datetime(2021, 3, 4, 9, tzinfo=UTC)
TITLE = {"en": "Contract of Ngaliema", "zh": "恩加利埃马合同"}


class Office:
    """People with addresses, a mail server, and the worker's runs, each committed as the worker commits it."""

    def __init__(self, session, post, at):
        self.session, self.post, self.at, self.named = session, post, at, {}

    async def staff(self, *, languages=None, without=()):
        self.named = await hire(self.session, without=without)
        for name, user_id in self.named.items():
            language = (languages or {}).get(name)
            kept = MailAddress(user_id=user_id, address=self.address(name), language=language, changed_at=START)
            self.session.add(kept)
        await self.session.flush()
        return self.named

    def address(self, name):
        return f"{self.named[name]}@office.example"

    async def requested(self, **more):
        return await service.seek_approval(self.session, ask(self.named, title=TITLE, **more), at=self.at())

    async def work(self, now=START):
        at = self.at(now)
        await look_at_open_steps(self.session, at=at, mailing=True)
        await tell_of_decisions(self.session, mailing=True, at=at)
        book = Wordbook(at, names_of(at.plans), "https://portal.example")
        server = MailServer("127.0.0.1", self.post.port, "none", "office@mainstay.example")

        async def compose(session, notice):
            return await notice_mail(session, notice, book=book)

        await send_waiting(self.session, Notice, server=server, compose=compose, now=now)
        await commit(self.session)

    def subjects(self, name):
        return [str(message["Subject"]) for message in self.post.to(self.address(name))]


@pytest_asyncio.fixture
async def office(sessions, at) -> AsyncIterator[Office]:
    async with mail_server() as post, sessions() as session:
        yield Office(session, post, at)
        await session.rollback()
        # What a test leaves open, and whom it employed, the next one would meet.
        await session.execute(delete(role_holding))
        await session.execute(update(StepRow).where(StepRow.state == "active").values(state="unneeded"))
        await session.execute(update(Notice).values(mail_state="needless", mail_next_at=None))
        await commit(session)


async def test_c10_who_may_decide_is_told_when_a_step_opens_reminded_once_and_its_escalation_goes_up(office):
    named = await office.staff(languages={"kam": "en", "gm": "zh"})
    await office.session.execute(update(person).where(person.c.user_id == named["kam"]).values(manager_id=named["gm"]))
    row = await office.requested()
    for now in (START, START, REMIND, REMIND, LATE, LATE):
        await office.work(now)
    assert office.subjects("kam") == [f"For you to decide: {TITLE['en']}", f"Reminder: {TITLE['en']}"]
    assert office.subjects("gm") == [f"逾期：{TITLE['zh']}"]
    assert office.subjects("lawyer") == []
    first = text_of(office.post.to(office.address("kam"))[0])
    assert f"https://portal.example/requests/{row.id}" in first
    assert "2021-03-05 10:00 (Africa/Kinshasa)" in first


async def test_c10_whose_language_is_not_known_reads_both(office):
    await office.staff()
    await office.requested()
    await office.work()
    assert office.subjects("kam") == [f"For you to decide: {TITLE['en']} · 待您处理：{TITLE['zh']}"]


async def test_c10_a_step_decided_before_its_mail_left_is_not_told(office):
    named = await office.staff()
    row = await office.requested()
    await look_at_open_steps(office.session, at=office.at(), mailing=True)
    await decide(office.session, row, named["kam"], "first", at=office.at())
    await office.work()
    assert (office.subjects("kam"), len(office.subjects("lawyer"))) == ([], 1)


async def test_c10_the_requester_hears_what_was_decided(office):
    named = await office.staff(languages={"rep": "en"})
    row = await office.requested()
    await decide(office.session, row, named["kam"], "first", "reject", at=office.at())
    await office.work()
    await office.work()
    assert office.subjects("rep") == [f"Decided: {TITLE['en']}"]
    assert "Your request is rejected" in text_of(office.post.to(office.address("rep"))[0])


async def test_c10_a_copied_role_hears_of_the_decision_and_only_the_number_of_what_it_may_not_see(office):
    named = await office.staff(languages={"findir": "en", "rep-lubumbashi": "en"})
    row = await office.requested()
    for name, step in (("kam", "first"), ("lawyer", "legal"), ("marketing", "marketing"), ("findir", "finance")):
        await decide(office.session, row, named[name], step, at=office.at())
    copies = {"step": "copy", "kind": "copy", "state": "told", "capacity": "finance_director", "opened_at": START}
    blind = {"step": "blind", "role": "account_rep", "branch": "lubumbashi"}
    for place, fields in enumerate(({"role": "finance_director"}, blind), start=50):
        office.session.add(StepRow(request_id=row.id, position=place, **{**copies, **fields}))
    await office.session.flush()
    await office.session.execute(
        text("INSERT INTO decided_request SELECT gen_random_uuid(), :id, :at"), {"id": row.id, "at": START}
    )
    await office.work()
    assert office.subjects("findir")[-1] == f"For your information: {TITLE['en']}"
    assert office.subjects("rep-lubumbashi") == [f"For your information: request {row.id}"]
    assert TITLE["en"] not in text_of(office.post.to(office.address("rep-lubumbashi"))[0])


async def test_s_g4_nobody_eligible_is_said_to_the_requester_and_nothing_is_approved(office):
    await office.staff(languages={"rep": "en"}, without=("lawyer",))
    row = await office.requested()
    await decide(office.session, row, office.named["kam"], "first", at=office.at())
    await office.work()
    assert office.subjects("rep") == [f"Nobody may decide: {TITLE['en']}"]
    await office.session.refresh(row)
    assert row.state == "pending"


async def test_c10_who_lost_the_role_since_is_not_written_to(office):
    named = await office.staff()
    await office.requested()
    await look_at_open_steps(office.session, at=office.at(), mailing=True)
    gone = update(role_holding).where(role_holding.c.user_id == named["kam"])
    await office.session.execute(gone.values(valid_until=datetime(2021, 3, 1, tzinfo=UTC).date()))
    await office.work()
    assert office.subjects("kam") == []


async def test_c10_without_a_mail_server_nothing_is_kept_for_later(sessions, at):
    settings = ApprovalsSettings()
    (telling,) = notice_jobs(settings)
    async with sessions() as session:
        row = await service.seek_approval(session, ask(await hire(session)), at=at())
        await look_at_open_steps(session, at=at())
        because = {"en": "no", "zh": "否"}
        await service.withdraw_request(session, row.id, by=row.requester, reason=because, reach=EVERYWHERE, at=at())
        await telling.run(session, START)
        assert await session.scalar(select(func.count()).where(Notice.request_id == row.id)) == 0
        assert await session.scalar(select(func.count()).select_from(DecidedRequest)) == 0
        await session.rollback()


def test_c10_every_kind_of_mail_is_worded_in_both_languages():
    names = ("title", "role", "due", "state", "link")
    values = {name: {"en": f"<{name}>", "zh": f"《{name}》"} for name in names}
    for wording in WORDINGS.values():
        for language in ("en", "zh"):
            subject, said = wording.said(values, language=language)
            assert values["title"][language] in subject
            assert values["link"][language] in said
