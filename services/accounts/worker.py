"""The background process of the accounts service."""

from services.accounts.consumers import CONSUMERS
from services.accounts.settings import AccountsSettings
from shared.worker import run_worker


def main() -> None:
    run_worker(AccountsSettings(), consumers=CONSUMERS)


if __name__ == "__main__":
    main()
