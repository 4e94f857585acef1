"""The stack that plays the year and the story once; the tests look at what came of it."""

from typing import Any

import pytest

from tests.e2e.played import Played, play


@pytest.fixture(scope="session")
def played(story_stack: dict[str, Any]) -> Played:
    """Everything that was answered; nothing may be moved afterwards."""
    return play(story_stack)
