"""The background process of the accounts service."""

from services.accounts.settings import AccountsSettings
from shared.consumer import Consumer
from shared.worker import run_worker

CONSUMERS: tuple[Consumer, ...] = ()


def main() -> None:
    run_worker(AccountsSettings(), consumers=CONSUMERS)


if __name__ == "__main__":
    main()
