"""The background process of the approvals service."""

from services.approvals.consumers import make_consumers
from services.approvals.deadlines.jobs import deadline_jobs
from services.approvals.notices.jobs import notice_jobs
from services.approvals.settings import ApprovalsSettings
from shared.worker import run_worker


def main() -> None:
    settings = ApprovalsSettings()
    run_worker(settings, consumers=make_consumers(settings), jobs=(*deadline_jobs(settings), *notice_jobs(settings)))


if __name__ == "__main__":
    main()
