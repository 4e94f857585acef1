"""Which failures pass by themselves, so that nothing is parked for a database that was only away."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_PASSING_CLASSES = ("08", "40", "53", "57")  # connection, rollback (deadlock, serialization), resources, intervention
_PASSING_STATES = frozenset({"55P03", "25P03", "25006"})  # lock timeout, idle too long, standby during a fail-over

_LOCK_TIMEOUT, _CANCELLED = "55P03", "57014"


class TryLater(Exception):
    """A handler's word that waiting will help: the batch is tried again in place, nothing is parked."""


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later without anybody changing anything."""
    if isinstance(error, TryLater | OSError | PoolTimeout | InterfaceError):
        return True
    return isinstance(error, DBAPIError) and (error.connection_invalidated or _state_passes(error))


def met_time_limit(error: BaseException) -> bool:
    """Whether a statement ran or waited for a lock too long: it may pass, or be the same each time."""
    return isinstance(error, DBAPIError) and _state_of(error) in (_LOCK_TIMEOUT, _CANCELLED)


def is_lock_timeout(error: DBAPIError) -> bool:
    """Whether it was a lock that somebody else held."""
    return _state_of(error) == _LOCK_TIMEOUT


def _state_of(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _state_passes(error: DBAPIError) -> bool:
    state = _state_of(error)
    return state in _PASSING_STATES or state[:2] in _PASSING_CLASSES
