"""Every measurement, one after the other, on one PostgreSQL and one Kafka: `make bench`, or `… NAME NAME` for some.

Its lines are `NAME VALUE`, and `ratio NAME VALUE` where a limit was measured beside it in the same run. At the end each
ratio stands beside its bar. A bar that is missed is told and no failure: a ratio falls with the load of the machine, so
only who reads the load beside it can judge; a measurement that did not come about is one.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from deploy.local.settings import PROJECT
from tests.bench.servers import bench_servers

BENCHES = ("policy_eval", "quote_preview", "pipe", "accrual", "latency", "rating_run", "accounts_list", "order_import")
BARS = {"quote_preview": Decimal("0.5"), "accrual": Decimal("0.25"), "policy_eval": Decimal("1.5")}
AT_MOST = {"accounts_list": Decimal(3)}


def main(names: list[str]) -> int:
    print(f"machine {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load_before {os.getloadavg()[0]:.1f}", flush=True)
    with bench_servers() as servers:
        environment = os.environ | servers.environment
        runs = [_run(name, environment) for name in names]
    print(f"load_after {os.getloadavg()[0]:.1f}")
    ratios = {name: ratio for run in runs for name, ratio in run.ratios.items()}
    for name, ratio in ratios.items():
        if name in BARS:
            print(f"bar {name} {BARS[name]} {'met' if ratio >= BARS[name] else 'missed'} at {ratio}")
        if name in AT_MOST:
            print(f"bar {name} at most {AT_MOST[name]} {'met' if ratio <= AT_MOST[name] else 'missed'} at {ratio}")
    return max(run.ended for run in runs)


class Run(NamedTuple):
    ended: int
    ratios: Mapping[str, Decimal]


def _run(name: str, environment: dict[str, str]) -> Run:
    """Each in a process of its own, so that none is measured in what another left behind."""
    print(f"— {name}", flush=True)
    command = [sys.executable, "-m", f"tests.bench.{name}"]
    ratios: dict[str, Decimal] = {}
    with subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or ():
            print(line, end="", flush=True)
            match line.split():
                case ["ratio", what, value]:
                    ratios[what] = Decimal(value)
    return Run(running.returncode, ratios)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(BENCHES)))
