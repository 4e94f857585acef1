"""One person's yes to a request of approval, in the version that he has read."""

from typing import Any

from mainstay.demo.client import Person


class Contradicted(Exception):
    """An answer that was promised to be the same is another one."""


async def approve(person: Person, request_id: str, *, terms: dict[str, Any] | None = None, twice: bool = False) -> None:
    """Approve the step that is his; `twice` sends it again with the same key and compares. Raises Contradicted."""
    seen = await person.ask("GET", "approvals", f"/requests/{request_id}", expect=200)
    step = next(step for step in seen.json()["steps"] if may_act(person, step))
    body: dict[str, Any] = {"step": step["id"], "decision": "approve"}
    if step["evidence"]:
        body["evidence"] = mail(step["opened_at"][:10])
    if terms:
        body["terms"] = terms
    headers = {"If-Match": seen.headers["ETag"], "Idempotency-Key": f"{request_id}:{person.username}"}
    path = f"/requests/{request_id}/decisions"
    first = await person.ask("POST", "approvals", path, expect=200, json=body, headers=headers)
    if twice:
        again = await person.ask("POST", "approvals", path, expect=200, json=body, headers=headers)
        if again.content != first.content:
            raise Contradicted(f"{person.name}'s second approve with the same key answered something else")


def may_act(person: Person, step: dict[str, Any]) -> bool:
    return any(one["user_id"] == person.user_id for one in step["acting"])


def mail(day: str) -> dict[str, str]:
    """An e-mail that came on that day, as the evidence of an approval."""
    return {"channel": "email", "reference": f"Message-ID <{day}@mainstay.example>", "received_at": f"{day}T06:00:00Z"}
