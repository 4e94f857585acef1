"""Asks one address again and again over kept-open connections, in a process of its own that does nothing else."""

import asyncio
import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import uvloop

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Refused(Exception):
    """Any answer but 200 would make the figure worthless."""


@dataclass(frozen=True)
class Load:
    """What came of it; `generator_cpu` is the share of one core that the asking itself took."""

    per_s: float
    p50_ms: float
    p99_ms: float
    generator_cpu: float
    answer_bytes: int


def ask_for(seconds: float, *, port: int, request: bytes, connections: int) -> Load:
    """Starts the process that asks, and waits for its figures."""
    command = [sys.executable, "-m", "tests.bench.load", str(port), str(connections), str(seconds)]
    done = subprocess.run(command, input=request, capture_output=True, check=False)
    if done.returncode:
        raise Refused(done.stderr.decode()[-1000:])
    return Load(**json.loads(done.stdout))


def post(path: str, *, body: bytes, token: str) -> bytes:
    """A whole request as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: service\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str, *, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: service\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


async def measure(port: int, connections: int, seconds: float, request: bytes) -> Load:
    took: list[float] = []
    sizes: set[int] = set()
    began, cpu = time.perf_counter(), time.process_time()
    asking = (keep_asking(port, request, until=began + seconds, took=took, sizes=sizes) for _ in range(connections))
    await asyncio.gather(*asking)
    spent = time.perf_counter() - began
    took.sort()
    p50, p99 = (1000 * took[int(share * (len(took) - 1))] for share in (0.5, 0.99))
    return Load(len(took) / spent, p50, p99, (time.process_time() - cpu) / spent, max(sizes))


async def keep_asking(port: int, request: bytes, *, until: float, took: list[float], sizes: set[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        found = LENGTH.search(head)
        body = await reader.readexactly(int(found[1]) if found else 0)
        if not head.startswith(b"HTTP/1.1 200"):
            raise Refused((head + body).decode())
        took.append(time.perf_counter() - began)
        sizes.add(len(body))
    writer.close()


if __name__ == "__main__":
    port, connections, seconds = sys.argv[1:4]
    found = uvloop.run(measure(int(port), int(connections), float(seconds), sys.stdin.buffer.read()))
    print(json.dumps(asdict(found)))
