"""Answers /livez, /readyz and /metrics of a process that serves nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import NamedTuple

READ_WITHIN_S = 5.0


class Answer(NamedTuple):
    status: HTTPStatus
    body: bytes
    content_type: str = "application/json"


Probe = Callable[[], Awaitable[Answer]]


def passed(healthy: bool, word: str) -> Answer:
    """200 and `{"status": word}`, or 503 and "not …"."""
    status = HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(status, b'{"status":"%s"}' % (word if healthy else f"not {word}").encode())


@asynccontextmanager
async def serving_probes(*, host: str, port: int, probes: Mapping[str, Probe]) -> AsyncIterator[int]:
    """Listen while inside; gives the port, which the system picks when `port` is 0."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(READ_WITHIN_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_http(await _find(probes, head)))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, host, port)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _find(probes: Mapping[str, Probe], head: bytes) -> Answer:
    method, _, rest = head.decode("latin-1").partition(" ")
    probe = probes.get(rest.partition(" ")[0].partition("?")[0])
    if probe is None or method not in ("GET", "HEAD"):
        return Answer(HTTPStatus.NOT_FOUND, b"{}")
    return await probe()


def _http(answer: Answer) -> bytes:
    head = (
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\ncontent-type: {answer.content_type}\r\n"
        f"content-length: {len(answer.body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + answer.body
