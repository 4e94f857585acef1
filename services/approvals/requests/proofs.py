"""The evidence of an approval as a client names it; a file it names was uploaded here, and a mail is read."""

from pathlib import Path

from services.approvals.requests.domain import Evidence
from services.approvals.requests.mails import Mail, NotAMail, read_mail
from services.approvals.requests.schemas import EvidenceGiven
from shared.errors import FieldError, NotFound, ValidationProblem, Words
from shared.files import FileStore

UNKNOWN: Words = {"en": "upload the file first", "zh": "请先上传文件"}
NO_MAIL: Words = {"en": "the mail names no sender or no date", "zh": "邮件缺少发件人或日期"}
LATER: Words = {"en": "the mail was sent after that", "zh": "邮件发送时间晚于收到时间"}
NO_SIGNATURE: Words = {"en": "a mail is no scan of a signature", "zh": "邮件不是签字扫描件"}


def evidence_of(given: EvidenceGiven, files: FileStore) -> Evidence:
    """Raises ValidationProblem where the file is not among those uploaded, or its mail does not bear the claim."""
    path = None if given.file_id is None else _find(given.file_id, files)
    mail = _mail_in(path, given) if path is not None and path.suffix == ".eml" else None
    return Evidence(given.channel, given.reference, given.received_at, given.file_id, mail)


def _find(file_hash: str, files: FileStore) -> Path:
    try:
        return files.find(file_hash)
    except NotFound as missing:
        raise ValidationProblem(errors=[FieldError("/evidence/file_id", "unknown_file", UNKNOWN)]) from missing


def _mail_in(path: Path, given: EvidenceGiven) -> Mail:
    if given.channel != "email":
        raise ValidationProblem(errors=[FieldError("/evidence/channel", "not_a_scan", NO_SIGNATURE)])
    try:
        mail = read_mail(path)
    except NotAMail as wrong:
        raise ValidationProblem(errors=[FieldError("/evidence/file_id", "not_a_mail", NO_MAIL)]) from wrong
    if mail.sent_at > given.received_at:
        raise ValidationProblem(errors=[FieldError("/evidence/received_at", "before_it_was_sent", LATER)])
    return mail
