"""What every route of the accounts service asks of its surroundings: the moment, the zone, the reader's language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from services.accounts.dossiers.service import Whereabouts
from services.accounts.settings import AccountsSettings
from shared.auth.principal import Principal
from shared.http.dependencies import Now
from shared.http.exchange import runtime_of
from shared.http.problems import language_of
from shared.policy.speech import Language


@dataclass(frozen=True, slots=True)
class Edge:
    """One request's surroundings."""

    now: datetime
    zone: str
    language: Language

    def by(self, caller: Principal, permission: str) -> Whereabouts:
        """Who acts, reaching as far as that permission goes for him."""
        return Whereabouts(caller.user_id, caller.reach(permission), self.now, self.zone)


def settings_of(request: Request) -> AccountsSettings:
    settings = runtime_of(request).settings
    assert isinstance(settings, AccountsSettings)
    return settings


async def read_edge(request: Request, now: Now) -> Edge:
    return Edge(now, runtime_of(request).settings.zone, language_of(request.headers))


Here = Annotated[Edge, Depends(read_edge)]
