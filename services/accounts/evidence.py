"""A file named as evidence is one that was uploaded here."""

from shared.errors import FieldError, ValidationProblem, Words
from shared.files import FileNotFound, FileStore

HASH = r"^[0-9a-f]{64}$"


def require_file(files: FileStore, file_hash: str, *, pointer: str) -> None:
    """Raises ValidationProblem at the pointer where nothing of that hash was uploaded."""
    try:
        files.find(file_hash)
    except FileNotFound as missing:
        wrong: Words = {"en": "no file of this hash was uploaded", "zh": "没有上传过该哈希的文件"}
        raise ValidationProblem(errors=[FieldError(pointer, "unknown_file", wrong)]) from missing
