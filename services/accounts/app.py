"""The HTTP process of the accounts service."""

from fastapi import FastAPI

from services.accounts.consumers import CONSUMERS
from services.accounts.settings import AccountsSettings
from shared.consumer import topics_read
from shared.dead_letters_api import dead_letters_router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve


def make_app(settings: AccountsSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    return create_app(
        ServiceDescription(
            name="accounts",
            title="Mainstay accounts",
            description="Who the key accounts are (dossiers, teams, classes, lists, elections) and who works here.",
            settings=settings,
            topics_read=topics_read(CONSUMERS),
            routers=(dead_letters_router(CONSUMERS),),
        )
    )


def main() -> None:
    settings = AccountsSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
