"""The HTTP process of the accounts service."""

from fastapi import FastAPI

from services.accounts.banking import api as banking_api
from services.accounts.care import api as care_api
from services.accounts.cases import api as cases_api
from services.accounts.complaints import api as complaints_api
from services.accounts.conflicts import CONFLICTS
from services.accounts.consumers import consumers
from services.accounts.contacts import api as contacts_api
from services.accounts.dossiers import api as dossiers_api
from services.accounts.dossiers import documents_api, people_api, team_api
from services.accounts.duplicates import api as duplicates_api
from services.accounts.elections import api as elections_api
from services.accounts.flags import api as flags_api
from services.accounts.growth import api as growth_api
from services.accounts.identity import api as identity_api
from services.accounts.identity import holdings_api, keys_api, token_api
from services.accounts.identity.key_loading import own_keys
from services.accounts.imports import api as imports_api
from services.accounts.kpis import api as kpis_api
from services.accounts.membership import api as membership_api
from services.accounts.merges import api as merges_api
from services.accounts.overrides import api as overrides_api
from services.accounts.programmes import api as programmes_api
from services.accounts.ratings import api as ratings_api
from services.accounts.relationships import api as relationships_api
from services.accounts.reports import api as reports_api
from services.accounts.return_visits import api as return_visits_api
from services.accounts.segments import api as segments_api
from services.accounts.settings import AccountsSettings
from services.accounts.support import api as support_api
from services.accounts.surveys import api as surveys_api
from services.accounts.targets import api as targets_api
from services.accounts.visits import api as visits_api
from shared.consumer import topics_read
from shared.dead_letters_api import dead_letters_router
from shared.files_api import router as files_router
from shared.http.app import create_app
from shared.http.exchange import ServiceDescription
from shared.http.serve import serve

SLICES = (
    identity_api.router,
    holdings_api.router,
    keys_api.router,
    dossiers_api.router,
    people_api.router,
    documents_api.router,
    team_api.router,
    banking_api.router,
    merges_api.router,
    duplicates_api.router,
    imports_api.router,
    programmes_api.router,
    elections_api.router,
    support_api.router,
    growth_api.router,
    ratings_api.router,
    segments_api.router,
    membership_api.router,
    overrides_api.router,
    reports_api.router,
    targets_api.router,
    kpis_api.router,
    contacts_api.router,
    relationships_api.router,
    complaints_api.router,
    surveys_api.router,
    flags_api.router,
    return_visits_api.router,
    cases_api.router,
    visits_api.router,
    care_api.router,
)


def make_app(settings: AccountsSettings) -> FastAPI:
    """Every slice's routes behind one edge."""
    read = consumers(settings.zone)
    issuer_routers = () if settings.oidc_issuer else (token_api.router, token_api.keys_router)
    return create_app(
        ServiceDescription(
            name="accounts",
            title="Mainstay accounts",
            description="Who the key accounts are (dossiers, teams, classes, lists, elections) and who works here.",
            settings=settings,
            routers=(*SLICES, *issuer_routers, files_router, dead_letters_router(read)),
            topics_read=topics_read(read),
            conflicts=CONFLICTS,
            load_keys=None if settings.oidc_issuer else own_keys,
        )
    )


def main() -> None:
    settings = AccountsSettings()
    serve(make_app(settings), settings)


if __name__ == "__main__":
    main()
