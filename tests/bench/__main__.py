"""Every measurement, one after the other, on one PostgreSQL and one Kafka: `make bench`, or `… NAME NAME` for some.

Its lines are `NAME VALUE`, and `ratio NAME VALUE` where a limit was measured beside it in the same run.
"""

import os
import platform
import subprocess
import sys

from deploy.local.settings import PROJECT
from tests.bench.servers import bench_servers

BENCHES = ("policy_eval", "quote_preview", "pipe", "accrual", "latency")
BARS = {"quote_preview": 0.5, "accrual": 0.25, "policy_eval": 1.5}


def main(names: list[str]) -> int:
    print(f"machine {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load_before {os.getloadavg()[0]:.1f}", flush=True)
    with bench_servers() as servers:
        environment = os.environ | servers.environment
        ended = [_run(name, environment) for name in names]
    print(f"load_after {os.getloadavg()[0]:.1f}")
    for name, bar in BARS.items():
        print(f"bar {name} {bar}")
    return max(ended)


def _run(name: str, environment: dict[str, str]) -> int:
    """Each in a process of its own, so that none is measured in what another left behind."""
    print(f"— {name}", flush=True)
    command = [sys.executable, "-m", f"tests.bench.{name}"]
    return subprocess.run(command, env=environment, cwd=PROJECT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(BENCHES)))
