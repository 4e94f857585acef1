"""The background process of the accounts service."""

from services.accounts.consumers import consumers
from services.accounts.settings import AccountsSettings
from services.accounts.work_jobs import work_jobs
from shared.worker import run_worker


def main() -> None:
    settings = AccountsSettings()
    run_worker(settings, consumers=consumers(settings.zone), jobs=work_jobs(settings.zone))


if __name__ == "__main__":
    main()
