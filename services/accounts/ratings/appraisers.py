"""Who judges a run's portions: this process for a few accounts, two of their own for a company's."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context, parent_process
from threading import Thread

from services.accounts.ratings.appraising import Appraisals, Cards, appraise, cards_of
from services.accounts.ratings.facts import RatedAccount
from shared.cycles import collect_seldom
from shared.policy.plan import Numbered, Plans, compile_plans
from shared.policy.registry import load_registry
from shared.policy.rulebook import Rulebook

PROCESSES = 2
MANY = 5_000  # for fewer accounts two processes take longer to start than the accounts to judge

Appraiser = Callable[[Sequence[RatedAccount]], Awaitable[Appraisals]]


@dataclass(frozen=True, slots=True)
class Judging:
    """By which documents, as of which instant; nothing is written of a preview."""

    plans: Plans
    moment: datetime
    written: bool


@contextmanager
def appraiser(judging: Judging, *, accounts: int) -> Iterator[Appraiser]:
    """For a run of so many accounts; what it has begun goes on while the caller does something else."""
    if accounts < MANY:
        yield partial(_here, cards_of(Rulebook(judging.plans)), judging)
        return
    with ProcessPoolExecutor(
        PROCESSES,
        mp_context=get_context("spawn"),
        initializer=_prepare,
        initargs=(judging.plans.numbered(), judging.moment, judging.written),
    ) as processes:
        loop = asyncio.get_running_loop()
        yield lambda known: loop.run_in_executor(processes, _judge, known)


async def _here(cards: Cards, judging: Judging, known: Sequence[RatedAccount]) -> Appraisals:
    return appraise(known, cards=cards, moment=judging.moment, written=judging.written)


_PREPARED: list[Callable[[Sequence[RatedAccount]], Appraisals]] = []
"""Of one of the processes, from its start: the plans are compiled once."""


def _prepare(documents: Sequence[Numbered], moment: datetime, written: bool) -> None:
    """A process that nobody waits for any more ends with the one that started it, however that ended."""
    Thread(target=_end_with_parent, daemon=True).start()
    cards = cards_of(Rulebook(compile_plans(documents, load_registry())))
    _PREPARED.append(partial(appraise, cards=cards, moment=moment, written=written))
    collect_seldom()


def _judge(known: Sequence[RatedAccount]) -> Appraisals:
    return _PREPARED[0](known)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
