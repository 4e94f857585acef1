"""A change names the version it was made on: nobody overwrites what he has not seen."""

from typing import Annotated, ClassVar

from fastapi import Depends, Header, Response

from shared.errors import Problem, Words

ANY_VERSION = -1  # `If-Match: *` names whatever version there is (RFC 9110, 13.1.1); no row counts from here


class PreconditionRequired(Problem):
    status = 428
    code = "precondition_required"
    title: ClassVar[Words] = {"en": "Say in If-Match which version you change", "zh": "须用 If-Match 指明所修改的版本"}


class PreconditionFailed(Problem):
    status = 412
    code = "precondition_failed"
    title: ClassVar[Words] = {"en": "It was changed meanwhile", "zh": "内容已被他人修改"}


def etag(version: int) -> str:
    """The ETag of a row's version."""
    return f'"{version}"'


def show_version(response: Response, version: int) -> None:
    """Answer with the version just read or written."""
    response.headers["ETag"] = etag(version)


async def version_named(
    if_match: Annotated[
        str | None, Header(description="the ETag of the version this change was made on", examples=['"3"'])
    ] = None,
) -> int:
    """The version in If-Match, ANY_VERSION for `*`.

    Raises PreconditionRequired, or PreconditionFailed for one we never gave.
    """
    if if_match is None:
        raise PreconditionRequired
    if if_match.strip() == "*":
        return ANY_VERSION
    version = if_match.strip().removeprefix("W/").strip('"')
    if not (version.isascii() and version.isdecimal() and len(version) < 19):
        raise PreconditionFailed
    return int(version)


IfMatch = Annotated[int, Depends(version_named)]


async def version_named_if_any(
    if_match: Annotated[
        str | None,
        Header(description="the ETag of the version this change was made on; the first one needs none"),
    ] = None,
) -> int | None:
    """The same for what may not be there yet: None where nothing is named. Raises PreconditionFailed."""
    return None if if_match is None else await version_named(if_match)


IfMatchOnceThere = Annotated[int | None, Depends(version_named_if_any)]


def require_version(actual: int, *, expected: int) -> None:
    """Raises PreconditionFailed when the row has moved on."""
    if expected not in (ANY_VERSION, actual):
        raise PreconditionFailed(
            {"en": f"It is at version {actual} now.", "zh": f"当前版本为 {actual}。"}, headers={"ETag": etag(actual)}
        )
