"""The one folder (`.local/`) that holds everything a machine keeps for Mainstay, for one instance at a time."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.refusals import AlreadyRunning, DiskFull
from deploy.local.settings import LocalSettings

WANTED_FREE_MB = 1024
FULL_MB = 32


@dataclass(frozen=True)
class LocalFolder:
    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def notes(self) -> Path:
        """What the running instance says of itself: its process, URLs and names, readable by its owner only."""
        return self.path / "running.json"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    def read_notes(self) -> dict[str, Any]:
        try:
            notes: dict[str, Any] = json.loads(self.notes.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return notes

    def write_notes(self, notes: dict[str, Any]) -> None:
        fresh = self.notes.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(notes, indent=2) + "\n")
        fresh.replace(self.notes)

    def forget_notes(self) -> None:
        self.notes.unlink(missing_ok=True)

    @property
    def is_held(self) -> bool:
        """Whether an instance runs from this folder right now, told by its lock and not by what it left behind."""
        if not self.lock.exists():
            return False
        with self.lock.open("r") as handle, suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this process; a second one gets `AlreadyRunning`. A killed holder leaves no lock."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.lock.open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as other:
                holder = self.read_notes().get("pid")
                raise AlreadyRunning(self.path, who=f" (process {holder})" if holder else "") from other
            yield


def local_folder() -> LocalFolder:
    """The folder of this checkout, or `LOCAL_DIR`."""
    return LocalFolder(LocalSettings().local_dir.resolve())


def free_mb(folder: Path) -> int:
    """Free megabytes where the folder lies, or will lie."""
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(there).free // 1_000_000


def ensure_space(folder: Path, *, wanted_mb: int = WANTED_FREE_MB) -> None:
    if (free := free_mb(folder)) < wanted_mb:
        raise DiskFull(folder, free_mb=free, wanted_mb=wanted_mb)


@contextmanager
def full_disk_is_named(folder: Path, *, full_mb: int = FULL_MB) -> Iterator[None]:
    """Whatever breaks off while the disk is full broke off for that reason, however it says so itself."""
    try:
        yield
    except Exception as symptom:
        if (free := free_mb(folder)) < full_mb:
            raise DiskFull(folder, free_mb=free, wanted_mb=WANTED_FREE_MB) from symptom
        raise
