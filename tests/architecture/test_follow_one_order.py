"""The page that walks one order through the code names files and symbols that are there."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "follow-one-order.md").read_text(encoding="utf-8")
STOPS = sorted(set(re.findall(r"`([\w/]+\.py)::([\w.]+)`", PAGE)))
FILES = sorted(set(re.findall(r"`([\w/-]+\.(?:py|yaml))`", PAGE)))


def defined(path: Path) -> set[str]:
    """What a module defines, a class's methods as `Class.method`."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            functions = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}.{one.name}" for one in functions}
    return found


@pytest.mark.parametrize(("path", "symbol"), [pytest.param(*stop, id="::".join(stop)) for stop in STOPS])
def test_a_stop_on_the_road_is_there(path: str, symbol: str) -> None:
    assert symbol in defined(PROJECT / path)


@pytest.mark.parametrize("path", FILES)
def test_a_file_it_names_is_there(path: str) -> None:
    assert (PROJECT / path).is_file()


def test_the_road_goes_through_pricing_the_pipe_and_rewards() -> None:
    folders = {"/".join(path.split("/")[:2]) for path, _ in STOPS}
    assert {"services/pricing", "services/rewards", "shared/outbox.py", "shared/relay.py"} <= folders
    assert len(STOPS) > 25


def test_a_symbol_that_is_gone_would_be_noticed(tmp_path: Path) -> None:
    module = tmp_path / "gone.py"
    module.write_text("class Kept:\n    def here(self) -> None: ...\n\n\nasync def too() -> None: ...\n")
    assert defined(module) == {"Kept", "Kept.here", "too"}
