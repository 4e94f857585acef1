"""The background process of the rewards service."""

from services.rewards.consumers import CONSUMERS
from services.rewards.settings import RewardsSettings
from shared.worker import run_worker


def main() -> None:
    run_worker(RewardsSettings(), consumers=CONSUMERS)


if __name__ == "__main__":
    main()
