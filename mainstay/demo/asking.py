"""Looking until something has come, and deciding what waits, as the story's people do."""

from typing import Any

from mainstay.demo.client import Person, until
from mainstay.demo.deciding import approve
from mainstay.demo.story import Story


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
    """One person's yes; `twice` sends it again with the same key, which the story remembers."""
    await approve(person, request_id, terms=terms, twice=twice)
    if twice:
        story.repeated.append(person.username)


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
