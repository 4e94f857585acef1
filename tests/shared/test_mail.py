"""Mail against a real mail server: what is sent arrives, what fails is told apart, and no line is left open."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import ValidationError
from structlog.testing import capture_logs

from shared.mail import Mail, MailServer, Outcome, deliver
from shared.mail_settings import MailSettings
from shared.mail_wording import Wording
from tests.mail_server import PASSWORD, USER, Post, mail_server, text_of

SENDER = "office@mainstay.example"


def server_of(post: Post, **fields: Any) -> MailServer:
    known: dict[str, Any] = {"host": "127.0.0.1", "port": post.port, "security": "none", "sender": SENDER, **fields}
    return MailServer(**known)


def letter(to: str, subject: str = "满意度", text: str = "您好\n") -> Mail:
    return Mail("survey-1", to, subject, text)


async def test_a_mail_arrives_in_both_scripts_with_an_id_that_stays_the_same() -> None:
    async with mail_server() as post:
        for _ in range(2):
            assert await deliver(server_of(post), [letter("li@customer.example")]) == [Outcome.SENT]
    first, again = post.to("li@customer.example")
    assert (first["Subject"], text_of(first), first["From"]) == ("满意度", "您好\n", SENDER)
    assert first["Message-ID"] == again["Message-ID"] == "<survey-1@mainstay.example>"
    assert first["Auto-Submitted"] == "auto-generated"


async def test_one_refused_address_keeps_no_other_mail_back() -> None:
    async with mail_server() as post:
        post.refuse = {"gone@customer.example": "550 nobody here", "full@customer.example": "452 later"}
        tos = [
            "gone@customer.example",
            "full@customer.example",
            "a@b.example, c@d.example",
            "李@b.example",
            "l@b.example",
        ]
        outcomes = await deliver(server_of(post), [letter(to) for to in tos])
    refused = Outcome.REFUSED
    assert outcomes == [refused, Outcome.PUT_OFF, refused, refused, Outcome.SENT]
    assert [str(message["To"]) for message in post.taken] == ["l@b.example"]


async def test_a_subject_cannot_bring_headers_of_its_own() -> None:
    async with mail_server() as post:
        await deliver(server_of(post), [letter("li@customer.example", subject="Yes\r\nBcc: all@customer.example")])
    (taken,) = post.taken
    assert (taken["Subject"], taken["Bcc"]) == ("Yes Bcc: all@customer.example", None)


async def test_a_server_that_is_not_there_leaves_every_mail_for_later_and_no_address_in_the_log() -> None:
    async with mail_server() as post:
        pass
    with capture_logs() as logged:
        outcomes = await deliver(server_of(post), [letter("li@customer.example"), letter("wu@customer.example")])
    assert outcomes == [Outcome.UNREACHABLE] * 2
    assert [line["event"] for line in logged] == ["mail_server_failed"]
    assert "customer.example" not in repr(logged)


async def test_over_starttls_it_logs_in_and_trusts_only_whom_it_was_told_to(tmp_path: Path) -> None:
    authority, tls = own_certificate(tmp_path)
    async with mail_server(tls=tls) as post:
        known = {"host": "localhost", "security": "starttls", "ca_file": authority, "user": USER, "password": PASSWORD}
        assert await deliver(server_of(post, **known), [letter("li@customer.example")]) == [Outcome.SENT]
        for wrong in ({"ca_file": None}, {"password": "a guess"}, {"security": "none"}):
            outcomes = await deliver(server_of(post, **{**known, **wrong}), [letter("li@customer.example")])
            assert outcomes != [Outcome.SENT], wrong
    assert post.was_encrypted == [True]


def own_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return certificate, context


WHOLE: dict[str, Any] = {"smtp_host": "mail.office", "mail_from": SENDER, "mail_links_url": "https://portal.example"}
PRODUCTION = {**WHOLE, "environment": "production", "database_url": "postgresql://a:Zx81@db/a"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param({**WHOLE, "mail_from": ""}, "MAIL_FROM", id="a host without a sender"),
        pytest.param({**WHOLE, "mail_links_url": "portal"}, "MAIL_LINKS_URL", id="a host without a web address"),
        pytest.param({**WHOLE, "smtp_user": "me"}, "SMTP_PASSWORD", id="a login without its password"),
        pytest.param({**PRODUCTION, "smtp_tls": "none"}, "open line", id="production over an open line"),
    ],
)
def test_mail_settings_that_cannot_be_meant_are_refused_at_the_start(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        MailSettings(**fields)


def test_without_a_host_there_is_no_mail_and_on_this_machine_a_line_may_be_open() -> None:
    assert MailSettings().mail_server is None
    assert MailSettings(**{**PRODUCTION, "smtp_tls": "none", "smtp_host": "localhost"}).mail_server is not None


def test_the_password_of_the_mail_server_is_read_from_its_file_and_not_shown(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "password").write_text("Zx81\n")
    monkeypatch.setenv("SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    settings = MailSettings(**WHOLE, smtp_user="me")
    assert settings.mail_server is not None
    assert settings.mail_server.password == "Zx81"
    assert "Zx81" not in repr(settings) + repr(settings.mail_server)


def test_words_are_in_the_language_of_the_reader_or_in_both() -> None:
    wording = Wording({"en": "About $what", "zh": "关于$what"}, {"en": "See $what.\n", "zh": "见$what。\n"})
    what = {"what": {"en": "A", "zh": "甲"}}
    assert wording.said(what, language="zh") == ("关于甲", "见甲。\n")
    assert wording.said(what) == ("About A · 关于甲", "See A.\n\n见甲。\n")
