"""The two branches of an election are published by two services, one after the other (P4)."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.policy import service
from shared.policy.forms import Document, stored_form
from shared.policy.lifecycle import DraftState
from shared.policy.loader import read_json
from tests.shared.policy.house import CHECKER, act, pack

LONG_AGO = datetime(2009, 11, 30, 8, tzinfo=UTC)


def of_2010(policy: str) -> Document:
    valid = {"from": "2009-12-01", "until": "2011-01-01"}
    return read_json({**stored_form(pack()[policy]), "id": f"{policy}-2010", "valid": valid})


async def test_p4_of_another_year_is_published_branch_by_branch(house: AsyncSession) -> None:
    warned = {}
    for name, mounted_in in (("volume-discount", "pricing"), ("volume-subsidy", "rewards")):
        document = of_2010(name)
        here = act(now=LONG_AGO, mounted_in=mounted_in)
        warned[name] = [one.code for one in await service.findings_of(house, document=document, act=here)]
        draft = await service.draft_policy(house, document=document, act=here)
        of: dict[str, Any] = {"policy_id": document.id, "draft_id": draft.draft_id}
        await service.propose(house, act=here, **of)
        done = await service.publish(house, act=act(CHECKER, LONG_AGO, mounted_in), **of)
        assert done.state is DraftState.PUBLISHED
    assert warned == {"volume-discount": ["xor_partner_at_other_times"], "volume-subsidy": []}
