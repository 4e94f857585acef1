"""C10 over HTTP: everybody says himself where he is written to; an address is in no event, log or audit entry."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from structlog.testing import capture_logs

from services.approvals.app import make_app
from services.approvals.settings import ApprovalsSettings
from shared.db.session import commit
from tests.serving import Caller, Issuer, employ, serving

CAST = {"lawyer": "legal", "rep": ("account_rep", "kinshasa"), "admin": "admin", "auditor": "auditor", "contact": None}
ADDRESS = "zephyrine@quixotte.example"


class Office:
    def __init__(self, client, issuer, sessions):
        self.client, self.issuer, self.sessions = client, issuer, sessions

    def __getitem__(self, name):
        return Caller(self.client, self.issuer.token(name))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def office(service_database, tmp_path_factory) -> AsyncIterator[Office]:
    issuer = Issuer()
    keys = tmp_path_factory.mktemp("keys") / "jwks.json"
    keys.write_text(issuer.jwks)
    settings = ApprovalsSettings(database_url=await service_database("approvals"), jwks_url=keys.as_uri())
    app = make_app(settings)
    async with serving(app) as client:
        sessions = app.state.mainstay.sessions
        async with sessions() as session:
            for name, role in CAST.items():
                roles = (role,) if role else ("account_contact",)
                await employ(session, name, *roles, account_id=None if role else "a-1")
            await commit(session)
        yield Office(client, issuer, sessions)


def path(user_id):
    return f"/v1/mail-addresses/{user_id}"


async def test_c10_an_address_is_set_read_and_forgotten_by_its_owner_and_told_to_nobody_else(office):
    with capture_logs() as logged:
        for language in ("en", "zh"):
            body = {"address": ADDRESS, "language": language}
            put = await office["lawyer"].put(path("lawyer"), body)
            assert (put.status_code, put.json()["language"]) == (200, language)
        assert (await office["lawyer"].get(path("lawyer"))).json()["address"] == ADDRESS
        assert (await office["admin"].get(path("lawyer"))).status_code == 200
        assert (await office["rep"].get(path("lawyer"))).status_code == 404
        assert (await office["rep"].call("DELETE", path("lawyer"))).status_code == 404
        assert (await office["lawyer"].call("DELETE", path("lawyer"))).status_code == 204
        assert (await office["lawyer"].get(path("lawyer"))).status_code == 404
    async with office.sessions() as session:
        written = [
            str(row)
            for table in ("outbox", "event_archive", "audit_entry")
            for row in await session.scalars(text(f"SELECT to_jsonb(t)::text FROM {table} t"))
        ]
    assert any("mail_address.set" in row for row in written)
    assert ADDRESS not in repr(written) + repr(logged)


@pytest.mark.parametrize(
    ("caller", "whose", "status"),
    [
        pytest.param("admin", "lawyer", 200, id="the administrator for anybody of the house"),
        pytest.param("rep", "lawyer", 404, id="nobody for a colleague"),
        pytest.param("auditor", "lawyer", 403, id="nor an auditor"),
        pytest.param("admin", "nobody", 404, id="not for who is unknown"),
        pytest.param("admin", "contact", 404, id="not for a customer's contact"),
        pytest.param("contact", "contact", 403, id="a customer's contact not for himself"),
    ],
)
async def test_c10_who_may_say_where_somebody_is_written_to(office, caller, whose, status):
    assert (await office[caller].put(path(whose), {"address": ADDRESS})).status_code == status


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"address": "lawyer"}, "/address", id="no address"),
        pytest.param({"address": "a@b.example, c@d.example"}, "/address", id="two addresses"),
        pytest.param({"address": "a@b.example\r\nBcc: c@d.example"}, "/address", id="a header behind the address"),
        pytest.param({"address": ADDRESS, "language": "fr"}, "/language", id="a language nothing is written in"),
        pytest.param({"address": ADDRESS, "phone": "1"}, "/phone", id="an unknown field"),
    ],
)
async def test_c10_an_address_that_cannot_be_written_to_is_refused(office, body, pointer):
    refused = await office["rep"].put(path("rep"), body)
    assert (refused.status_code, [error["pointer"] for error in refused.json()["errors"]]) == (422, [pointer])
    assert (await office["rep"].get(path("rep"))).status_code == 404


REQUEST = """
INSERT INTO request (id, subject_type, subject_id, revision, content_hash, content, title, initiator, requester,
  beneficiaries, excluded, policy, route, reasons, state, terms, added, requested_at, version)
VALUES (:id, 'contract', 'c', 1, 'h', '{}', '{}', 'rep', 'rep', '{}', '{}', 'p@1', '{}', '{}',
  'pending', '{}', '[]', now(), 1)
"""
NOTICE = """
INSERT INTO notice (id, user_id, request_id, step, kind, since, noted_at, mail_state, mail_tries)
VALUES (gen_random_uuid(), 'lawyer', :id, 'legal', 'opened', now(), now(), 'given_up', 7)
"""


async def test_c10_one_sees_ones_own_notices_and_the_auditor_everybodys(office):
    async with office.sessions() as session:
        for statement in (REQUEST, NOTICE):
            await session.execute(text(statement), {"id": "00000000-0000-7000-8000-000000000001"})
        await commit(session)
    seen = {}
    for name in ("lawyer", "rep", "auditor"):
        page = await office[name].get("/v1/notices", params={"mail_state": "given_up"})
        seen[name] = [(one["user_id"], one["kind"], one["mail_tries"]) for one in page.json()["items"]]
    assert seen == {"lawyer": [("lawyer", "opened", 7)], "rep": [], "auditor": [("lawyer", "opened", 7)]}
