"""Kafka's jars and Java are found or fetched in one order, and nothing half-fetched is ever taken for whole."""

from pathlib import Path

import pytest

from deploy.local.kafka_runtime import java_version, kafka_runtime
from deploy.local.refusals import JarsNotFetched, NoWayToKafka

JAVA_17 = """echo 'openjdk version "17.0.15" 2025-04-15' >&2"""
# Finds -DoutputDirectory=… among its arguments and puts a jar there, as the dependency plugin would.
MAVEN = """echo called >> "$0.calls"
for word in "$@"; do case $word in -DoutputDirectory=*) out=${word#*=};; esac; done
: > "$out/kafka-clients-4.3.1.jar\""""
BROKEN_MAVEN = """echo '[ERROR] Could not resolve dependencies'; exit 1"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH: the programs put into it are all that this machine has."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return programs


def give(machine: Path, name: str, script: str) -> Path:
    program = machine / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("said", "version"),
    [
        pytest.param('openjdk version "1.8.0_392"', 1, id="Java 8 calls itself 1.8"),
        pytest.param('openjdk version "11.0.2" 2019-01-15', 11, id="Java 11"),
        pytest.param('java version "17" 2021-09-14', 17, id="Java 17 without a minor version"),
        pytest.param('openjdk version "25.0.2" 2026-01-20', 25, id="Java 25"),
        pytest.param("no such thing", 0, id="a program that is no Java"),
    ],
)
def test_the_version_of_a_java_is_its_feature_release(machine: Path, said: str, version: int) -> None:
    assert java_version(give(machine, "java", f"echo '{said}' >&2")) == version


def test_maven_is_asked_once_and_the_jars_serve_from_then_on(machine: Path, tmp_path: Path) -> None:
    give(machine, "java", JAVA_17)
    maven = give(machine, "mvn", MAVEN)
    said: list[str] = []
    first = kafka_runtime(tmp_path / "kafka", say=said.append)
    again = kafka_runtime(tmp_path / "kafka", say=said.append)
    assert first == again
    assert first.version == "4.3.1"
    assert Path(f"{maven}.calls").read_text() == "called\n"
    assert len(said) == 1
    assert "54 MB" in said[0]


def test_jars_that_are_there_need_no_maven(machine: Path, tmp_path: Path) -> None:
    give(machine, "java", JAVA_17)
    jars = tmp_path / "kafka" / "libs"
    jars.mkdir(parents=True)
    (jars / "kafka-clients-4.3.1.jar").touch()
    assert kafka_runtime(tmp_path / "kafka", say=pytest.fail).java == machine / "java"


def test_a_broken_fetch_leaves_no_jars_and_tells_mavens_reason(machine: Path, tmp_path: Path) -> None:
    give(machine, "java", JAVA_17)
    give(machine, "mvn", BROKEN_MAVEN)
    with pytest.raises(JarsNotFetched, match=r"Could not resolve dependencies.*KAFKA_BOOTSTRAP_SERVERS"):
        kafka_runtime(tmp_path / "kafka", say=print)
    assert not (tmp_path / "kafka" / "libs").exists()


def test_without_maven_and_apt_the_three_ways_on_are_named(machine: Path, tmp_path: Path) -> None:
    give(machine, "java", JAVA_17)
    with pytest.raises(NoWayToKafka, match=r"\(1\).*KAFKA_BOOTSTRAP_SERVERS.*\(2\).*Maven.*\(3\).*root"):
        kafka_runtime(tmp_path / "kafka", say=print)
    assert not (tmp_path / "kafka").exists()
