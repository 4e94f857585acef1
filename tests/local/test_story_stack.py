"""The whole of Mainstay on a story clock, as end-to-end tests get it."""

from typing import Any

import pytest

from deploy.local.processes import answers_ready


@pytest.mark.e2e
@pytest.mark.kafka
def test_eight_processes_are_ready_on_ports_of_their_own(story_stack: dict[str, Any]) -> None:
    assert story_stack["clock"] == "story"
    assert len(story_stack["probes"]) == 8
    assert len(set(story_stack["probes"].values())) == 8
    assert all(answers_ready(url) for url in story_stack["probes"].values())
