"""Looking until something has come, and deciding what waits, as the story's people do."""

from typing import Any

from mainstay.demo.client import Person, until
from mainstay.demo.story import Story


class Contradicted(Exception):
    """An answer that was promised to be the same is another one."""


async def find_request(story: Story, subject_type: str, subject_id: str | None = None) -> dict[str, Any]:
    """The open request on a subject, or on the account's only one of a kind, once the ask has reached approvals."""
    asked = {"subject_id": subject_id} if subject_id else {"account_id": story.account["id"]}

    async def look() -> dict[str, Any] | None:
        page = await story.cast.auditor.get("approvals", "/requests", params={"subject_type": subject_type} | asked)
        return next((item for item in page["items"] if item["state"] == "pending"), None)

    return await until(f"the request on {subject_type} {subject_id or ''}", look)


async def decide(
    story: Story, person: Person, request_id: str, *, terms: dict[str, Any] | None = None, twice: bool = False
) -> None:
    """One person's yes to the version he has seen; `twice` sends it again with the same key and compares."""
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
        story.repeated.append(person.username)


def may_act(person: Person, step: dict[str, Any]) -> bool:
    return any(one["user_id"] == person.user_id for one in step["acting"])


def mail(day: str) -> dict[str, str]:
    """An e-mail that came on that day, as the evidence of an approval."""
    return {"channel": "email", "reference": f"Message-ID <{day}@mainstay.example>", "received_at": f"{day}T06:00:00Z"}


async def when_state(story: Story, path: str, state: str) -> dict[str, Any] | None:
    answer: dict[str, Any] = await story.cast.kam.get("accounts", path)
    return answer if answer["state"] == state else None


async def quote_state(story: Story, quote_id: str, state: str) -> dict[str, Any] | None:
    answer: dict[str, Any] = await story.cast.rep.get("pricing", f"/quotes/{quote_id}")
    return answer if answer["state"] == state else None


async def accrued(story: Story, policy: str, count: int) -> list[dict[str, Any]] | None:
    page = await story.cast.fin.get(
        "rewards", "/accruals", params={"beneficiary": f"account:{story.account['id']}", "policy": policy}
    )
    return page["items"] if len(page["items"]) >= count else None
