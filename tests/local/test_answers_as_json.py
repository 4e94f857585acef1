"""What `mainstay demo` and `mainstay stop` answer to a program: one JSON document on standard output."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from mainstay import local
from mainstay.app import app
from mainstay.demo.acts import in_json
from mainstay.demo.cast import Cast
from mainstay.demo.story import Story
from mainstay.demo.year import Year


def test_stop_says_that_nothing_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))
    answer = CliRunner().invoke(app, ["stop", "--json"])
    assert (answer.exit_code, json.loads(answer.stdout)) == (0, {"stopped": False, "left": None})


def test_the_demo_answers_with_one_document_and_tells_the_play_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def played(*, keep: bool, orders_file: str) -> dict[str, Any]:
        local.out.print("a figure")
        return {"kept": keep, "urls": {}, "year": {"rows": 3}, "story": {"orders": orders_file}}

    monkeypatch.setattr(local, "play_on_a_fresh_stack", played)
    try:
        answer = CliRunner().invoke(app, ["demo", "--json"])
    finally:
        local.out.stderr = False
    assert json.loads(answer.stdout)["year"] == {"rows": 3}
    assert "a figure" in answer.stderr


def test_all_that_a_play_makes_can_be_said_in_json() -> None:
    told = Story(cast(Cast, None), printed={"en": b"%PDF"}, explanations={("account", "en"): {"lines": []}})
    said = json.loads(json.dumps(in_json(Year(rows=3, accepted=2), told)))
    assert (said["year"]["rows"], said["year"]["accepted"]) == (3, 2)
    assert said["story"]["explanations"] == {"account/en": {"lines": []}}
    assert len(said["story"]["printed"]["en"]) == 64
    assert "cast" not in said["story"]
