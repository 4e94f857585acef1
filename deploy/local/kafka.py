"""One Apache Kafka broker in KRaft mode on 127.0.0.1, or the broker that KAFKA_BOOTSTRAP_SERVERS names."""

import json
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import children, ports
from deploy.local.folder import ensure_space
from deploy.local.kafka_runtime import KafkaRuntime
from deploy.local.refusals import DidNotStart, OldDataFolder

LOGGING = Path(__file__).with_name("kafka") / "log4j2.properties"
START_TIMEOUT_S = 120.0
STARTED = "Kafka Server started"

# Small enough for a laptop: 384 MB of heap, of which the log cleaner would take 128 by default.
JVM = ["-Xmx384m", "-XX:+UseSerialGC", "-Djava.awt.headless=true"]
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "log.index.size.max.bytes": "1048576",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


@dataclass(frozen=True)
class Broker:
    servers: str
    child: children.Child
    log: Path

    def wait_until_ready(self) -> str:
        """Answer the bootstrap servers once clients are served."""
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until and self.child.is_alive:
            if self.log.exists() and STARTED in self.log.read_text(errors="replace"):
                return self.servers
            time.sleep(0.05)
        raise DidNotStart("Kafka", log=self.log, last_line=_last_line(self.log) or self.child.last_line())


@contextmanager
def running_kafka(folder: Path, *, runtime: KafkaRuntime, log: Path, port: int = 0) -> Iterator[Broker]:
    """Start the broker whose data lie in `folder`/data; stop it at the end.

    It is yielded while it still starts, so that others start beside it; `wait_until_ready` before it is used.
    """
    data = folder / "data"
    _refuse_other_version(data, runtime.version)
    ensure_space(folder)
    port = ports.claim(port, what="Kafka", setting="KAFKA_PORT")
    properties = _write_properties(folder, port=port, controller_port=ports.free_port())
    if not data.exists():
        _format(folder, runtime=runtime, properties=properties)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    child = children.start(
        "kafka",
        [*_java(runtime, log), "kafka.Kafka", properties],
        log=log.with_suffix(".out"),
        environment={"LC_ALL": "C.UTF-8"},
        cwd=folder,
    )
    try:
        yield Broker(f"{ports.HOST}:{port}", child, log)
    finally:
        children.stop(child, grace_s=30)


def _java(runtime: KafkaRuntime, log: Path) -> list[str]:
    logging = [f"-Dlog4j2.configurationFile={LOGGING}", f"-Dmainstay.kafka.log={log}"]
    return [str(runtime.java), *JVM, *logging, "-cp", f"{runtime.jars}/*"]


def _write_properties(folder: Path, *, port: int, controller_port: int) -> Path:
    places = {
        "listeners": f"PLAINTEXT://{ports.HOST}:{port},CONTROLLER://{ports.HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{ports.HOST}:{port}",
        "controller.quorum.bootstrap.servers": f"{ports.HOST}:{controller_port}",
        "log.dirs": str(folder / "data"),
    }
    folder.mkdir(parents=True, exist_ok=True)
    properties = folder / "server.properties"
    properties.write_text("".join(f"{name}={value}\n" for name, value in (SETTINGS | places).items()))
    return properties


def _format(folder: Path, *, runtime: KafkaRuntime, properties: Path) -> None:
    """Stamp the data with the version that made them: Kafka reads older data, never newer."""
    cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")  # "-…" would be an option
    log = folder / "format.log"
    arguments = ["kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(properties)]
    done = subprocess.run([*_java(runtime, log), *arguments], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise DidNotStart("Kafka's storage format", log=log, last_line=(done.stderr or done.stdout).strip()[-300:])
    _stamp(folder / "data").write_text(json.dumps({"kafka": runtime.version}) + "\n")


def _stamp(data: Path) -> Path:
    return data.with_name("made-by.json")


def _refuse_other_version(data: Path, version: str) -> None:
    if not data.exists():
        return
    stamp = _stamp(data)
    found = json.loads(stamp.read_text())["kafka"] if stamp.exists() else "an unknown version"
    if not stamp.exists() or _release(found) > _release(version) or _release(found)[0] != _release(version)[0]:
        raise OldDataFolder(data, product="Apache Kafka", found=found, wanted=version)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "")[:300]
