"""`python -m shared.policy.lint FOLDER`: every finding of a folder of policies; exit code 1 where one is an error."""

import sys
from pathlib import Path

from shared.policy.findings import Finding
from shared.policy.lint import lint_pack
from shared.policy.loader import UnreadablePolicy, load_pack
from shared.policy.registry import load_registry


def main(folder: Path) -> int:
    try:
        pack = load_pack(folder)
    except UnreadablePolicy as unreadable:
        return _report(0, list(unreadable.findings))
    return _report(len(pack), lint_pack(pack, load_registry()))


def _report(documents: int, findings: list[Finding]) -> int:
    for found in findings:
        sys.stdout.write(f"{found}\n")
    sys.stdout.write(f"{documents} documents, {len(findings)} findings\n")
    return 1 if any(found.severity == "error" for found in findings) else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/policies")))
