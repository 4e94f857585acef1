"""The background process of the accounts service."""

from services.accounts.consumers import consumers
from services.accounts.kpis.jobs import jobs as kpi_jobs
from services.accounts.ratings.jobs import rates_every_period
from services.accounts.settings import AccountsSettings
from services.accounts.work_jobs import work_jobs
from shared.worker import run_worker


def main() -> None:
    settings = AccountsSettings()
    jobs = (rates_every_period(settings.zone), *work_jobs(settings.zone), *kpi_jobs(settings.zone))
    run_worker(settings, consumers=consumers(settings.zone), jobs=jobs)


if __name__ == "__main__":
    main()
