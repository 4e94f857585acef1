"""The evidence of an approval as a client names it; a file it names must have been uploaded here."""

from services.approvals.requests.domain import Evidence
from services.approvals.requests.schemas import EvidenceGiven
from shared.errors import FieldError, NotFound, ValidationProblem, Words
from shared.files import FileStore


def evidence_of(given: EvidenceGiven, files: FileStore) -> Evidence:
    """Raises ValidationProblem where the file named is not among those uploaded."""
    if given.file_id is not None:
        _find(given.file_id, files)
    return Evidence(given.channel, given.reference, given.received_at, given.file_id)


def _find(file_hash: str, files: FileStore) -> None:
    try:
        files.find(file_hash)
    except NotFound as missing:
        unknown: Words = {"en": "upload the file first", "zh": "请先上传文件"}
        raise ValidationProblem(errors=[FieldError("/evidence/file_id", "unknown_file", unknown)]) from missing
