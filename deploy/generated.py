"""Everything in the repository that is written by a program: `--write` renews it, `--check` fails where it differs."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.configuration import configuration_reference
from deploy.local.settings import PROJECT
from deploy.openapi import openapi_documents
from deploy.permission_matrix import permission_matrix
from deploy.policy_reference import facts_reference, lint_reference

# Each answers texts by their paths under the project's root.
GENERATORS: tuple[Callable[[], Mapping[str, str]], ...] = (
    configuration_reference,
    openapi_documents,
    facts_reference,
    lint_reference,
    permission_matrix,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    texts = {PROJECT / name: text for generate in GENERATORS for name, text in generate().items()}
    return _write(texts) if parser.parse_args().write else _check(texts)


def _write(texts: Mapping[Path, str]) -> int:
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


def _check(texts: Mapping[Path, str]) -> int:
    drifted = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in drifted:
        print(f"{path.relative_to(PROJECT)} differs from the code: run `make schemas` and commit it", file=sys.stderr)
    return 1 if drifted else 0


if __name__ == "__main__":
    sys.exit(main())
