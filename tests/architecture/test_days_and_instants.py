"""No route takes a day or an instant of any year whatever: sums, zones and columns end somewhere."""

import importlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

import pytest
from fastapi.dependencies.models import Dependant
from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError

from deploy.configuration import service_settings
from shared.http.moments import Day, DayOfRecord, Moment, of_our_times, of_recorded_times
from shared.http.routes import routes_of

BOUNDED = (of_our_times, of_recorded_times)
STORY = datetime(2021, 3, 2, 8, tzinfo=UTC)
SERVICES = [service for service, _ in service_settings()]


def bare_places(schema: Any, place: str) -> Iterator[str]:
    """Where a schema takes a day or an instant that nothing bounds."""
    if isinstance(schema, list | tuple):
        for each in schema:
            yield from bare_places(each, place)
    if not isinstance(schema, Mapping):
        return
    if schema.get("type") in ("date", "datetime"):
        yield place
    if schema.get("type") == "function-after" and schema["function"]["function"] in BOUNDED:
        return
    if schema.get("type") == "model":
        place = f"{schema['cls'].__module__}.{schema['cls'].__qualname__}"
    fields = schema.get("fields") if isinstance(schema.get("fields"), Mapping) else {}
    for name, each in fields.items():
        yield from bare_places(each, f"{place}.{name}")
    for key, each in schema.items():
        if key not in ("fields", "serialization", "metadata", "cls"):
            yield from bare_places(each, place)


def bare_in(dependant: Dependant, route: str) -> Iterator[str]:
    for asked in (dependant.path_params, dependant.query_params, dependant.header_params, dependant.body_params):
        for field in asked:
            yield from bare_places(field._type_adapter.core_schema, f"{route} {field.alias}")
    for inner in dependant.dependencies:
        yield from bare_in(inner, route)


@pytest.mark.parametrize("service", SERVICES)
def test_no_route_takes_a_bare_day_or_instant(service: str) -> None:
    settings = dict(service_settings())[service](public_url="", clock_profile="story", story_clock_start=STORY)
    app = importlib.import_module(f"services.{service}.app").make_app(settings)
    found = {place for context in routes_of(app) for place in bare_in(context.dependant, context.path or "")}
    assert not found, "\n".join(sorted(found))


class _Inner(BaseModel):
    since: date | None = None


class _Planted(BaseModel):
    at: AwareDatetime
    inner: list[_Inner]
    good: Day | None = None
    better: Moment
    born: DayOfRecord


@pytest.mark.parametrize(
    "taken", [date, date | None, datetime, AwareDatetime, Annotated[AwareDatetime | None, "known"], list[date]]
)
def test_a_planted_bare_time_is_found(taken: Any) -> None:
    assert list(bare_places(TypeAdapter(taken).core_schema, "here")) == ["here"]


def test_bare_times_inside_a_body_are_found_and_bounded_ones_are_not() -> None:
    found = {place.rpartition("_")[2] for place in bare_places(TypeAdapter(_Planted).core_schema, "body")}
    assert found == {"Planted.at", "Inner.since"}


@pytest.mark.parametrize(
    ("taken", "written"),
    [
        pytest.param(Day, "1969-12-31", id="the day before our times"),
        pytest.param(Day, "2201-01-01", id="the day after them"),
        pytest.param(Moment, "0001-01-01T00:00:00+14:00", id="an instant before the first year in UTC"),
        pytest.param(Moment, "9999-12-31T23:59:59-14:00", id="an instant after the last year in UTC"),
        pytest.param(DayOfRecord, "1799-12-31", id="a birth before the records"),
    ],
)
def test_times_of_other_years_are_refused(taken: Any, written: str) -> None:
    with pytest.raises(ValidationError, match="a time between the years"):
        TypeAdapter(taken).validate_python(written)


@pytest.mark.parametrize(("taken", "written"), [(Day, "1970-01-01"), (Day, "2200-12-31"), (DayOfRecord, "1962-07-01")])
def test_times_of_our_years_are_taken(taken: Any, written: str) -> None:
    assert TypeAdapter(taken).validate_python(written) == date.fromisoformat(written)
