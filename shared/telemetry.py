"""What a process tells about itself: JSON logs of listed fields, metrics, one trace through HTTP and Kafka."""

import logging
import re
import secrets
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import orjson
import structlog
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from prometheus_client import Counter, Histogram
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

# A log line carries these and nothing else: no bodies, no names, no bank details, no secrets.
LOGGED = {
    "event", "level", "timestamp", "service", "trace_id", "exception", "error", "code", "reason", "url", "pid", "port",
    "method", "route", "path", "status", "duration_ms", "user_id", "signal", "attempts", "job", "count", "rows",
    "topic", "consumer", "partition", "event_id", "event_type", "aggregate", "aggregate_id", "sequence", "position",
    "period", "policy", "version",
}  # fmt: skip

REQUESTS = Counter("mainstay_http_requests", "Requests answered", ["method", "route", "status"])
DURATION = Histogram(
    "mainstay_http_request_seconds",
    "Seconds from request to answer",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

MOST_CAUSES = 5
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def start_logging(*, service: str, level: str) -> None:
    """Write every log line, the libraries' too, as one JSON object on standard output."""
    shared_steps: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
        structlog.processors.ExceptionRenderer(_traceback_without_values),
        _with_trace_id,
        only_allowed_fields,
    ]
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared_steps, processors=[_without_meta, _as_json])
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("uvicorn.access", "aiokafka", "alembic", "httpx2", "httpcore2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def only_allowed_fields(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop what is not on the list, however well it was meant."""
    return {name: value for name, value in line.items() if name in LOGGED or name.startswith("_")}


def safe_text(error: BaseException) -> str:
    """What may be logged of an error: databases and validators quote rows and inputs, so these are only named."""
    name = type(error).__name__
    if isinstance(error, ValidationError):
        places = [
            ".".join(map(str, wrong["loc"])) for wrong in error.errors(include_input=False, include_context=False)
        ]
        return f"{name}: {', '.join(places)}"
    stated = getattr(error, "orig", None) or error
    sqlstate = getattr(stated, "sqlstate", None)
    if sqlstate is None and not isinstance(error, SQLAlchemyError):
        return f"{name}: {error}"
    constraint = getattr(stated.__cause__ or stated, "constraint_name", None)
    return " ".join(str(part) for part in (name, type(stated).__name__, sqlstate, constraint) if part)


def _traceback_without_values(exc_info: tuple[type[BaseException], BaseException, object]) -> str:
    """The frames of an error and of what caused it, each with what may be logged of it."""
    told: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None and len(told) < MOST_CAUSES:
        told.append("".join(traceback.format_tb(error.__traceback__)) + safe_text(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused by\n".join(told)


def current_trace_id() -> str | None:
    """The id that a request, its log lines, its events and what these cause have in common."""
    span = trace.get_current_span().get_span_context()
    return f"{span.trace_id:032x}" if span.is_valid else None


@contextmanager
def traced(traceparent: str | None) -> Iterator[None]:
    """Work on behalf of the sender's trace, or begin one."""
    parent = _TRACEPARENT.fullmatch(traceparent or "")
    span = SpanContext(
        trace_id=int(parent[1], 16) if parent else secrets.randbits(128),
        span_id=secrets.randbits(64),
        is_remote=False,
        trace_flags=TraceFlags(int(parent[3], 16) if parent else TraceFlags.SAMPLED),
    )
    token = otel_context.attach(trace.set_span_in_context(NonRecordingSpan(span)))
    try:
        yield
    finally:
        otel_context.detach(token)


def _named(service: str) -> structlog.types.Processor:
    def add_service(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
        return {**line, "service": service}

    return add_service


def _with_trace_id(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    trace_id = current_trace_id()
    return {**line, "trace_id": trace_id} if trace_id else line


def _without_meta(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return structlog.stdlib.ProcessorFormatter.remove_processors_meta(None, "", line)


def _as_json(_logger: object, _method: str, line: MutableMapping[str, Any]) -> str:
    return orjson.dumps(line, default=str).decode()
