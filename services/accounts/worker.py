"""The background process of the accounts service."""

from services.accounts.consumers import consumers
from services.accounts.growth.service import growth_jobs
from services.accounts.kpis.jobs import jobs as kpi_jobs
from services.accounts.membership.jobs import tiers_follow_purchases
from services.accounts.ratings.jobs import rates_every_period
from services.accounts.settings import AccountsSettings
from services.accounts.support.watching import support_jobs
from services.accounts.surveys.jobs import survey_jobs
from services.accounts.work_jobs import work_jobs
from shared.worker import run_worker


def main() -> None:
    settings = AccountsSettings()
    zone = settings.zone
    own = (rates_every_period(zone), tiers_follow_purchases(zone))
    by_clock = (*own, *work_jobs(zone), *kpi_jobs(zone), *support_jobs(zone), *growth_jobs(zone))
    jobs = (*by_clock, *survey_jobs(settings))
    run_worker(settings, consumers=consumers(zone), jobs=jobs)


if __name__ == "__main__":
    main()
