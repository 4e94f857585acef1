"""`python -m shared.http.breaking OLD.json NEW.json`: what a client of the old document would miss in the new one."""

import sys
from pathlib import Path
from typing import Any

import orjson

from shared.http.documents import operations


def broken_promises(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Operations and answers that are gone, operations renamed, parameters and fields that are newly demanded."""
    present = {(path, method): operation for path, method, operation in operations(after)}
    broken = []
    for path, method, operation in operations(before):
        name, now = f"{method.upper()} {path}", present.get((path, method))
        if now is None:
            broken.append(f"{name} is gone")
            continue
        if operation["operationId"] != now["operationId"]:
            broken.append(f"{name} is called {now['operationId']} instead of {operation['operationId']}")
        gone = {status for status in operation["responses"] if status.startswith("2")} - set(now["responses"])
        broken += [f"{name} no longer answers {status}" for status in sorted(gone)]
        newly = _demanded(now, after) - _demanded(operation, before)
        broken += [f"{name} now demands {field}" for field in sorted(newly)]
    return broken


def _demanded(operation: dict[str, Any], document: dict[str, Any]) -> set[str]:
    parameters = {one["name"] for one in operation.get("parameters", ()) if one.get("required")}
    sent = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in sent:
        sent = document["components"]["schemas"][sent["$ref"].rsplit("/", 1)[1]]
    return parameters | {f"the field {field}" for field in sent.get("required", ())}


def main(arguments: list[str]) -> int:
    """1 where the new document breaks a promise of the old one."""
    before, after = (orjson.loads(Path(argument).read_bytes()) for argument in arguments)
    broken = broken_promises(before, after)
    sys.stdout.writelines(f"{line}\n" for line in broken)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
