"""Every relative link in a page leads to a file or folder of the repository, and every command it names exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
TARGET = re.compile(r"\bmake ([a-z-]+)")


def relative_links(page: Path) -> Iterator[str]:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:|#", link):
            yield link.partition("#")[0]


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    dead = [link for link in relative_links(page) if not (page.parent / link).resolve().exists()]
    assert not dead


def test_the_first_page_names_commands_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    first_page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"demo", "test"} <= set(re.findall(r"^make ([a-z-]+)", first_page, re.MULTILINE))
    in_code = re.findall(r"`([^`]+)`", first_page) + re.findall(r"^make .*$", first_page, re.MULTILINE)
    assert {name for code in in_code for name in TARGET.findall(code)} <= targets


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[here](page.md) [gone](gone.md#part) [away](https://example.com) [below](#part)")
    assert list(relative_links(page)) == ["page.md", "gone.md"]


def test_the_index_of_decisions_names_each_once_by_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(folder.glob("[0-9]*.md"))
    rows = [f"| {page.name[:4]} | [{page.read_text('utf-8').splitlines()[0][2:]}]({page.name}) |" for page in pages]
    index = (folder / "README.md").read_text("utf-8").splitlines()
    assert [line for line in index if re.match(r"\| \d", line)] == rows
