"""The HTTP process of the accounts service."""

from fastapi import FastAPI

from services.accounts.consumers import CONSUMERS
from services.accounts.identity import api as identity_api
from services.accounts.identity import token_api
from services.accounts.identity.key_loading import own_keys
from services.accounts.settings import AccountsSettings
from shared.consumer import topics_read
from shared.dead_letters_api import dead_letters_router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve


def make_app(settings: AccountsSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    issuer_routers = () if settings.oidc_issuer else (token_api.router, token_api.keys_router)
    return create_app(
        ServiceDescription(
            name="accounts",
            title="Mainstay accounts",
            description="Who the key accounts are (dossiers, teams, classes, lists, elections) and who works here.",
            settings=settings,
            routers=(identity_api.router, *issuer_routers, dead_letters_router(CONSUMERS)),
            topics_read=topics_read(CONSUMERS),
            load_keys=None if settings.oidc_issuer else own_keys,
        )
    )


def main() -> None:
    settings = AccountsSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
