"""The background process of the approvals service."""

from services.approvals.consumers import CONSUMERS
from services.approvals.settings import ApprovalsSettings
from shared.worker import run_worker


def main() -> None:
    run_worker(ApprovalsSettings(), consumers=CONSUMERS)


if __name__ == "__main__":
    main()
