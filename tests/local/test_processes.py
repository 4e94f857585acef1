"""The eight processes come back when they end, stop in order, and never outlive the one that keeps them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import children
from deploy.local.instance import Role
from deploy.local.ports import answers, free_port
from deploy.local.processes import Processes
from deploy.local.refusals import DidNotStart, PortInUse
from deploy.local.settings import PROJECT

WILLING = """
import http.server, os, signal, sys
class Probe(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/end":
            os._exit(3)
        self.send_response(200)
        self.end_headers()
    def log_message(self, *said):
        pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.HTTPServer(("127.0.0.1", int(os.environ["PROBE_PORT"])), Probe).serve_forever()
"""
BROKEN = "raise SystemExit('no database')"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[[str], tuple[Processes, Role]]]:
    """Puts a worker of the given text into a tree of its own and answers what keeps it."""
    kept: list[Processes] = []

    def keep(text: str) -> tuple[Processes, Role]:
        package = tmp_path / "services" / "pricing"
        package.mkdir(parents=True)
        (package / "worker.py").write_text(text)
        role = Role("pricing", "worker", free_port())
        told = {role.name: {"PROBE_PORT": str(role.port)}}
        processes = Processes((role,), told, tmp_path / "logs", cwd=tmp_path)
        kept.append(processes)
        processes.start()
        return processes, role

    yield keep
    for processes in kept:
        processes.stop()


def wait_for(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_worker_that_ends_comes_back(play: Callable[[str], tuple[Processes, Role]]) -> None:
    processes, role = play(WILLING)
    processes.wait_until_ready()
    subprocess.run([sys.executable, "-c", f"import urllib.request as u; u.urlopen('{role.url}/end')"],
                   check=False, capture_output=True)  # fmt: skip
    assert wait_for(lambda: not answers(role.port))
    processes.wait_until_ready()
    assert answers(role.port)


def test_a_process_that_keeps_ending_fails_the_start_with_its_last_words(
    play: Callable[[str], tuple[Processes, Role]],
) -> None:
    processes, _ = play(BROKEN)
    with pytest.raises(DidNotStart, match=r"pricing-worker did not start.*pricing-worker\.log.*no database"):
        processes.wait_until_ready()


def test_nothing_starts_beside_a_stranger_who_took_a_port_meanwhile(tmp_path: Path) -> None:
    role = Role("pricing", "worker", free_port())
    processes = Processes((role,), {role.name: {}}, tmp_path / "logs", cwd=tmp_path)
    with socket.create_server(("127.0.0.1", role.port)), pytest.raises(PortInUse, match="PRICING_PROBE_PORT"):
        processes.start()
    assert not (tmp_path / "logs").exists()


def test_stopping_asks_first(play: Callable[[str], tuple[Processes, Role]]) -> None:
    processes, role = play(WILLING)
    processes.wait_until_ready()
    processes.stop()
    assert not answers(role.port)


def test_a_process_that_does_not_listen_is_killed_after_its_grace(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STUBBORN]
    child = children.start("deaf", command, log=tmp_path / "log", environment=os.environ, cwd=tmp_path)
    assert wait_for(lambda: "deaf" in (tmp_path / "log").read_text())
    children.stop(child, grace_s=0.2)
    assert child.process.returncode == -signal.SIGKILL


def test_a_killed_keeper_leaves_no_orphan(tmp_path: Path) -> None:
    keeper = (
        "import os, pathlib, sys, time\n"
        "from deploy.local import children\n"
        f"child = children.start('c', [sys.executable, '-c', 'import time; time.sleep(60)'],"
        f" log=pathlib.Path({str(tmp_path / 'log')!r}), environment=os.environ, cwd='.')\n"
        "print(child.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", keeper], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        parent.kill()
    assert wait_for(lambda: is_gone(orphan))


def is_gone(pid: int) -> bool:
    """Ended, even where nobody has collected it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
