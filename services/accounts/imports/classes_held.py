"""The class an account held where it comes from stands here from that day on; nobody is asked for it again (A5)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.imports.faults import Fault, Rejected
from services.accounts.imports.rows import HeldClass, Readable
from services.accounts.overrides.service import grades_of
from services.accounts.ratings.models import ClassRow
from shared.audit import Entry, append_many
from shared.auth.principal import Reach
from shared.errors import Words
from shared.events.accounts import ClassChanged
from shared.ids import new_id
from shared.outbox import record_many
from shared.policy.rulebook import Rulebook

NOT_YOURS: Words = {"en": "You do not bring in classes of this branch.", "zh": "您无权带入该分公司客户的类别。"}


def may_hold(rows: Sequence[Readable], *, rules: Rulebook, reach: Reach) -> tuple[list[Readable], list[Rejected]]:
    """Rows whose class, where they name one, is one of ours and the caller's to bring in; the others are refused."""
    named = [row for row in rows if row.account.class_held]
    grades = grades_of(rules) if named else ()
    refused = [row.rejected(fault) for row in named if (fault := _fault_of(row, grades, reach))]
    wrong = {row.row for row in refused}
    return [row for row in rows if row.row not in wrong], refused


def _fault_of(row: Readable, grades: Sequence[str], reach: Reach) -> Fault | None:
    held = row.account.class_held
    if not reach.covers(branch=row.account.branch):
        return Fault("/class_held", "class_out_of_reach", NOT_YOURS)
    if held is None or held.grade in grades:
        return None
    one_of = ", ".join(grades)
    unknown: Words = {"en": f"Classes are {one_of}.", "zh": f"类别只能是{'、'.join(grades)}。"}
    return Fault("/class_held/grade", "unknown_grade", unknown)


async def take_over_classes(session: AsyncSession, *, held: Sequence[tuple[str, HeldClass]], who: Whereabouts) -> None:
    """Record the classes of accounts opened just now, `(account_id, class)`; told and audited one by one."""
    rows = [_class_row(account_id, one, who=who) for account_id, one in held]
    if not rows:
        return
    await session.execute(insert(ClassRow), rows)
    await append_many(session, [_audited(row, who=who) for row in rows])
    record_many(
        session,
        (
            ClassChanged(
                occurred_at=who.now,
                account_id=row["account_id"],
                grade=row["grade"],
                valid_from=row["valid_from"],
                proposal_id=row["id"],
            )
            for row in rows
        ),
    )


def _class_row(account_id: str, held: HeldClass, *, who: Whereabouts) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "account_id": account_id,
        "grade": held.grade,
        "valid_from": held.valid_from,
        "recorded_at": who.now,
    }


def _audited(row: Mapping[str, Any], *, who: Whereabouts) -> Entry:
    detail = {"grade": row["grade"], "valid_from": row["valid_from"].isoformat()}
    return Entry(who.now, who.user_id, "class.taken_over", f"account/{row['account_id']}", detail)
