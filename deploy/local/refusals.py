"""Why Mainstay would not start here: one sentence a person can act on, and nothing half-started behind it."""

from pathlib import Path


class CannotStart(Exception):
    """A start that was refused before anything was changed; the text is the whole message for the person."""


class PortInUse(CannotStart):
    def __init__(self, port: int, *, what: str, setting: str) -> None:
        super().__init__(
            f"Port {port}, wanted for {what}, is in use by another program: "
            f"stop that program or choose another port with {setting}=<port>."
        )


class DiskFull(CannotStart):
    def __init__(self, folder: Path, *, free_mb: int, wanted_mb: int) -> None:
        super().__init__(
            f"Only {free_mb} MB are free where {folder} lies and {wanted_mb} MB are wanted: "
            "free some space or choose another folder with LOCAL_DIR=<folder>."
        )


class OldDataFolder(CannotStart):
    def __init__(self, folder: Path, *, product: str, found: str, wanted: str) -> None:
        super().__init__(
            f"{folder} holds data of {product} {found}, and this is {wanted}: "
            "move that folder away or choose another with LOCAL_DIR=<folder>; nothing was changed."
        )


class AlreadyRunning(CannotStart):
    def __init__(self, folder: Path, *, who: str) -> None:
        super().__init__(
            f"Mainstay already runs from {folder}{who}: "
            "end it with `make stop`, or choose another folder with LOCAL_DIR=<folder>."
        )


class NoWayToKafka(CannotStart):
    def __init__(self) -> None:
        super().__init__(
            "Apache Kafka is not here and cannot be fetched: "
            "(1) name a broker with KAFKA_BOOTSTRAP_SERVERS=<host:port>, or (2) install Maven "
            "(`apt-get install maven`, `brew install maven`), or (3) run this once as root on Debian or Ubuntu, "
            "which installs Maven by itself."
        )


class JarsNotFetched(CannotStart):
    def __init__(self, *, log: Path, reason: str) -> None:
        super().__init__(
            f"Maven could not fetch Apache Kafka's jars ({reason or 'no reason given'}; its log is {log}): "
            "see that a Maven repository can be reached, or name a broker with KAFKA_BOOTSTRAP_SERVERS=<host:port>."
        )


class DidNotStart(CannotStart):
    def __init__(self, what: str, *, log: Path, last_line: str) -> None:
        said = f" Its last words: {last_line!r}." if last_line else ""
        super().__init__(f"{what} did not start; its log is {log}.{said}")
