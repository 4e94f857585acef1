"""What a route of approvals asks for by type: the circumstances of what somebody is about to do."""

from typing import Annotated

from fastapi import Depends, Request

from services.approvals.circumstances import Circumstances
from shared.http.dependencies import Now
from shared.http.exchange import runtime_of
from shared.policy.api import Policies


async def read_circumstances(request: Request, policies: Policies, now: Now) -> Circumstances:
    """This moment, in the installation's zone, under the policies in force on its local day."""
    runtime = runtime_of(request)
    return Circumstances(now, runtime.settings.zone, policies.in_force(runtime.today(now)))


At = Annotated[Circumstances, Depends(read_circumstances)]
