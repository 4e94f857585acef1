"""C5: a mail kept as evidence says who sent what when; what does not bear the claim is refused with its field."""

from datetime import UTC, datetime

import pytest

from services.approvals.requests.mails import NotAMail, read_mail
from services.approvals.requests.proofs import evidence_of
from services.approvals.requests.schemas import EvidenceGiven
from shared.errors import ValidationProblem
from shared.files import FileStore

MAIL = b"""From: =?utf-8?b?6JCl6ZSA?= Director <director@example.cd>
To: Rep <rep@example.cd>, kam@example.cd
Cc: finance@example.cd
Date: Wed, 03 Mar 2021 08:15:00 +0100
Subject: =?utf-8?b?5ZCM5oSP?= the price of 880
MIME-Version: 1.0
Content-Type: text/plain

I agree.
"""


def kept_in(folder, content):
    path = folder / "mail.eml"
    path.write_bytes(content)
    return path


def test_c5_a_mail_says_who_sent_what_to_whom_and_when(tmp_path):
    mail = read_mail(kept_in(tmp_path, MAIL))
    assert mail.sender == "director@example.cd"
    assert mail.recipients == ("rep@example.cd", "kam@example.cd", "finance@example.cd")
    assert mail.subject == "同意 the price of 880"
    assert mail.sent_at == datetime(2021, 3, 3, 7, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(MAIL.replace(b"From:", b"X-From:"), id="no sender"),
        pytest.param(MAIL.replace(b"From: ", b"From: boss@example.cd, "), id="two senders"),
        pytest.param(MAIL.replace(b"Date:", b"X-Date:"), id="no date"),
        pytest.param(MAIL.replace(b"03 Mar 2021", b"99 Foo 2021"), id="a date that is none"),
        pytest.param(b"I agree. The director", id="a text without headers"),
        pytest.param(b"\n" * 400_000 + MAIL, id="headers that never come"),
    ],
)
def test_c5_what_is_no_mail_is_refused(tmp_path, content):
    with pytest.raises(NotAMail):
        read_mail(kept_in(tmp_path, content))


def test_c5_names_of_attachments_are_no_paths(tmp_path):
    evil = MAIL.replace(b"text/plain", b'application/pdf; name="../../etc/passwd"')
    read_mail(kept_in(tmp_path, evil))
    assert [path.name for path in tmp_path.iterdir()] == ["mail.eml"]


async def uploaded(folder, content, kind="message/rfc822"):
    async def pieces():
        yield content

    store = FileStore(folder)
    return store, (await store.keep(pieces(), content_type=kind)).file_hash


def given(file_id, channel="email", received="2021-03-03T07:30:00Z"):
    return EvidenceGiven(channel=channel, reference="his mail", received_at=received, file_id=file_id)


async def test_c5_the_evidence_keeps_the_mails_headers(tmp_path):
    store, file_id = await uploaded(tmp_path, MAIL)
    evidence = evidence_of(given(file_id), store)
    assert (evidence.mail.sender, evidence.file_hash) == ("director@example.cd", file_id)


@pytest.mark.parametrize(
    ("content", "more", "pointer"),
    [
        pytest.param(b"hello", {}, "/evidence/file_id", id="an EML that is no mail"),
        pytest.param(MAIL, {"channel": "signature"}, "/evidence/channel", id="a mail as a signature"),
        pytest.param(
            MAIL, {"received": "2021-03-03T07:14:59Z"}, "/evidence/received_at", id="received before it was sent"
        ),
    ],
)
async def test_c5_evidence_that_does_not_bear_its_claim_is_refused(tmp_path, content, more, pointer):
    store, file_id = await uploaded(tmp_path, content)
    with pytest.raises(ValidationProblem) as refused:
        evidence_of(given(file_id, **more), store)
    (error,) = refused.value.errors
    assert error.pointer == pointer
    assert error.detail["zh"]


async def test_c5_a_scan_has_no_mail(tmp_path):
    store, file_id = await uploaded(tmp_path, b"%PDF-1.7 signed", kind="application/pdf")
    assert evidence_of(given(file_id, channel="signature"), store).mail is None
