"""Who may import whom: the tree keeps every contract, and each contract breaks on a planted violation."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("services", "shared", "mainstay", "deploy")
RULES = (Path("tests/__init__.py"), Path("tests/architecture/__init__.py"), Path("tests/architecture/contracts.py"))
SLICE = "services/rewards/planted"


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    python_only = shutil.ignore_patterns("__pycache__", "*.pyc", "*.parquet")
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=python_only)
    for rule in RULES:
        (tmp_path / rule).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / rule, tmp_path / rule)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def broken(tree: Path, contract: str) -> bool:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--contract", contract], cwd=tree, check=False, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert "KEPT" in done.stdout or "BROKEN" in done.stdout, done.stdout + done.stderr
    return done.returncode == 1


def plant(tree: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        place = tree / name
        place.parent.mkdir(parents=True, exist_ok=True)
        (place.parent / "__init__.py").touch()
        place.write_text(f'"""Planted."""\n{text}\n')


@pytest.mark.parametrize(
    ("contract", "files"),
    [
        pytest.param(
            "services-are-strangers",
            {f"{SLICE}/service.py": "import services.pricing.database"},
            id="one service imports another",
        ),
        pytest.param(
            "slices-look-down",
            {f"{SLICE}/domain.py": "", f"{SLICE}/models.py": "import services.rewards.planted.service",
             f"{SLICE}/service.py": ""},
            id="a table imports a use case",
        ),
        pytest.param(
            "slices-look-down",
            {f"{SLICE}/service.py": "import services.rewards.planted.api", f"{SLICE}/api.py": ""},
            id="a use case imports its route",
        ),
        pytest.param(
            "edges-are-on-top",
            {f"{SLICE}/service.py": "import services.rewards.app", "services/rewards/app.py": ""},
            id="a use case imports the process",
        ),
        pytest.param(
            "shared-knows-no-business",
            {"shared/planted/rule.py": "import services.rewards.database"},
            id="a mechanism imports a service",
        ),
        pytest.param(
            "services-know-no-operator",
            {f"{SLICE}/service.py": "import mainstay.screen"},
            id="a service imports the command line",
        ),
        pytest.param(
            "domain-is-pure",
            {f"{SLICE}/domain.py": "import sqlalchemy"},
            id="a domain imports a library",
        ),
        pytest.param(
            "domain-is-pure",
            {f"{SLICE}/domain.py": "import shared.clock"},
            id="a domain imports a mechanism that reads the clock",
        ),
        pytest.param(
            "domain-is-pure",
            {f"{SLICE}/domain.py": "import services.rewards.planted.sums", f"{SLICE}/sums.py": "import asyncpg"},
            id="a domain reaches a library through a neighbour",
        ),
    ],
)  # fmt: skip
def test_a_planted_violation_breaks_the_contract(copied_tree: Path, contract: str, files: dict[str, str]) -> None:
    plant(copied_tree, files)
    assert broken(copied_tree, contract)


@pytest.mark.parametrize(
    "contract",
    [
        "services-are-strangers",
        "slices-look-down",
        "edges-are-on-top",
        "shared-knows-no-business",
        "services-know-no-operator",
        "domain-is-pure",
    ],
)
def test_the_tree_keeps_the_contract(contract: str) -> None:
    assert not broken(PROJECT, contract)
