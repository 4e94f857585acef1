"""Where Mainstay can't start it says so in one sentence, ends with 1, and has neither started nor deleted anything."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.folder import LocalFolder, ensure_space, full_disk_is_named
from deploy.local.kafka import running_kafka
from deploy.local.kafka_runtime import KafkaRuntime
from deploy.local.ports import claim, free_port
from deploy.local.postgres import running_postgres
from deploy.local.refusals import AlreadyRunning, DiskFull, OldDataFolder, PortInUse
from deploy.local.settings import PROJECT


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def mainstay(*arguments: str, local: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mainstay.app", *arguments],
        cwd=PROJECT,
        env=os.environ | {"LOCAL_DIR": str(local)} | settings,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_port_in_use_is_named_with_the_setting_that_changes_it(taken_port: int) -> None:
    with pytest.raises(PortInUse, match=rf"Port {taken_port}, wanted for the pricing API.*PRICING_PORT="):
        claim(taken_port, what="the pricing API", setting="PRICING_PORT")


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_start_with_a_port_in_use_ends_with_one_sentence_and_makes_no_data(
    command: str, taken_port: int, tmp_path: Path
) -> None:
    names = ("ACCOUNTS", "PRICING", "APPROVALS", "ACCOUNTS_PROBE", "PRICING_PROBE", "APPROVALS_PROBE")
    others = {f"{name}_PORT": str(free_port()) for name in names}
    done = mainstay(command, local=tmp_path / "local", REWARDS_PORT=str(taken_port), **others)
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert f"Port {taken_port}, wanted for the rewards API" in done.stderr
    assert {path.name for path in (tmp_path / "local").iterdir()} <= {"lock", "logs"}


def test_a_second_instance_of_the_same_folder_is_refused_and_the_first_stays(tmp_path: Path) -> None:
    folder = LocalFolder(tmp_path)
    with folder.held():
        folder.write_notes({"pid": 4711})
        done = mainstay("up", local=tmp_path)
        assert done.returncode == 1
        assert "already runs from" in done.stderr
        assert "process 4711" in done.stderr
        assert "`make stop`" in done.stderr
        assert folder.is_held
        with pytest.raises(AlreadyRunning), folder.held():
            pass
    assert not folder.is_held


def test_nothing_running_is_exit_code_3(tmp_path: Path) -> None:
    assert mainstay("status", local=tmp_path).returncode == 3


@pytest.mark.parametrize(
    "stamp", [pytest.param("17", id="an older PostgreSQL"), pytest.param(None, id="no stamp at all")]
)
def test_data_of_another_postgres_are_refused_and_left_as_they_are(tmp_path: Path, stamp: str | None) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "precious").write_text("kept")
    if stamp:
        (data / "PG_VERSION").write_text(f"{stamp}\n")
    with pytest.raises(OldDataFolder, match="nothing was changed"), running_postgres(tmp_path, log=tmp_path / "log"):
        pass
    assert (data / "precious").read_text() == "kept"
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    ("stamp", "is_refused"),
    [
        pytest.param('{"kafka": "3.9.1"}', True, id="an older major version"),
        pytest.param('{"kafka": "4.9.0"}', True, id="a newer version"),
        pytest.param(None, True, id="no stamp at all"),
    ],
)
def test_data_of_another_kafka_are_refused(tmp_path: Path, stamp: str | None, is_refused: bool) -> None:
    jars = tmp_path / "libs"
    jars.mkdir()
    (jars / "kafka-clients-4.3.1.jar").touch()
    (tmp_path / "data").mkdir()
    if stamp:
        (tmp_path / "made-by.json").write_text(stamp)
    runtime = KafkaRuntime(Path("/no/java"), jars)
    with (
        pytest.raises(OldDataFolder, match="Apache Kafka"),
        running_kafka(tmp_path, runtime=runtime, log=tmp_path / "l"),
    ):
        pass
    assert not (tmp_path / "server.properties").exists()


def test_a_full_disk_is_told_in_megabytes(tmp_path: Path) -> None:
    ensure_space(tmp_path, wanted_mb=1)
    with pytest.raises(DiskFull, match=r"Only \d+ MB are free .* and 999999999 MB are wanted"):
        ensure_space(tmp_path / "not" / "yet" / "there", wanted_mb=999_999_999)
    assert not (tmp_path / "not").exists()


def test_what_breaks_off_on_a_full_disk_says_that_the_disk_is_full(tmp_path: Path) -> None:
    with pytest.raises(DiskFull), full_disk_is_named(tmp_path, full_mb=999_999_999):
        raise ConnectionError("closed")
    with pytest.raises(ConnectionError), full_disk_is_named(tmp_path, full_mb=0):
        raise ConnectionError("closed")


def test_without_any_python_the_environment_is_not_made(tmp_path: Path) -> None:
    done = subprocess.run(
        [shutil.which("sh") or "sh", PROJECT / "deploy" / "local" / "environment"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == "No Python of 3.11 or later was found: install one, or name it with PYTHON=<path>.\n"
    assert list(tmp_path.iterdir()) == []


def test_an_old_python_is_not_taken(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", PROJECT / "deploy" / "local" / "environment"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path), "PYTHON": str(old)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "3.11 or later" in done.stderr) == (1, True)
