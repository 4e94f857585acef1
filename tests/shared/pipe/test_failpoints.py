"""A failpoint never fires where it could hurt, and never quietly does nothing in a test."""

import pytest

from shared.failpoints import PLACES, UnknownFailpoint, failpoint, read_failpoint


def test_production_arms_nothing() -> None:
    assert read_failpoint("before_send", environment="production") is None


def test_nothing_said_arms_nothing() -> None:
    assert read_failpoint(None, environment="development") is None
    for place in PLACES:
        failpoint(place)


def test_a_place_no_code_passes_is_refused() -> None:
    with pytest.raises(UnknownFailpoint):
        read_failpoint("before_lunch", environment="development")


def test_the_third_pass_is_the_one_that_counts() -> None:
    armed = read_failpoint("before_send@3:pause_ms=0", environment="development")
    assert armed is not None
    assert (armed.place, armed.passes_left, armed.pause_ms) == ("before_send", 3, 0)
