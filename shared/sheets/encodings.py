"""The text of a CSV file: UTF-8, UTF-16 with its mark, or GB18030 as Chinese spreadsheets write it; never a mixture."""

import codecs
import io
import re

from shared.sheets.faults import UnreadableFile

TAKEN = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030"}
CHINESE_IN_UTF8 = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")


def decoded(body: bytes, *, charset: str | None = None) -> str:
    """By the charset the sender names, else by the bytes. Raises UnreadableFile."""
    if charset is not None:
        return _by_name(body, charset)
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(body, "utf-16")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse_mixture(body)
    return _decoded(body, "gb18030")


def _by_name(body: bytes, charset: str) -> str:
    encoding = TAKEN.get(charset.strip('"').lower())
    if encoding is None:
        names = ", ".join(TAKEN)
        raise UnreadableFile({"en": f"Its charset is none of {names}.", "zh": f"字符集应为{names}之一。"})
    return _decoded(body, encoding)


def _decoded(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            {
                "en": f"Line {line} is not {encoding}; save the file as UTF-8.",
                "zh": f"第{line}行不是{encoding}编码，请将文件另存为UTF-8。",
            }
        ) from error


def _refuse_mixture(body: bytes) -> None:
    """Where lines of Chinese UTF-8 stand beside lines that are none, no one reading is right for all of them."""
    utf8, other = 0, 0
    for place, line in enumerate(io.BytesIO(body), start=1):
        if _is_utf8(line):
            utf8 = utf8 or (place if CHINESE_IN_UTF8.search(line) else 0)
        else:
            other = other or place
    if utf8 and other:
        raise UnreadableFile(
            {
                "en": f"Line {utf8} is UTF-8, line {other} is not: the file mixes encodings.",
                "zh": f"第{utf8}行是UTF-8编码，第{other}行不是：文件混用了编码。",
            }
        )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
