"""Whether a database is as new as the code, told without loading the migration tool into every process."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Revision:
    """One migration file: its name, and those that a database has when it has this one."""

    name: str
    after: frozenset[str]


def version_folders(service: str) -> tuple[Path, Path]:
    """Where both branches of a service's migrations lie: the mechanisms' and its own."""
    homes = (ROOT / "shared" / "db", ROOT / "services" / service)
    mechanisms, own = (home / "migrations" / "versions" for home in homes)
    return mechanisms, own


@cache
def revisions(service: str) -> Mapping[str, Revision]:
    """Every revision of both branches, read once a process: the code does not change under it."""
    files = (file for folder in version_folders(service) for file in sorted(folder.glob("*.py")))
    return {one.name: one for one in map(_read, files)}


def heads(service: str) -> frozenset[str]:
    """The newest revision of each branch."""
    known = revisions(service)
    return frozenset(known) - {
        name for one in known.values() for name in one.after if _branch(name) == _branch(one.name)
    }


async def heads_reached(engine: AsyncEngine, service: str) -> bool:
    """Whether the database has every revision that the code knows."""
    async with engine.connect() as connection:
        present = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()
    return revisions(service).keys() <= _reached(present, revisions(service))


def _reached(present: Iterable[str], known: Mapping[str, Revision]) -> set[str]:
    """The table names only the last ones: what they came after and what they depend on is there too."""
    reached: set[str] = set()
    waiting = set(present)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= (known[name].after if name in known else frozenset()) - reached
    return reached


def _branch(name: str) -> str:
    return name.rpartition("_")[0]


def _read(file: Path) -> Revision:
    said = {
        target.id: ast.literal_eval(statement.value)
        for statement in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and target.id in {"revision", "down_revision", "depends_on"}
    }
    return Revision(said["revision"], frozenset(_names(said.get("down_revision")) + _names(said.get("depends_on"))))


def _names(said: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if said is None:
        return ()
    return (said,) if isinstance(said, str) else tuple(said)
