"""No principal and no address can take more than its share of one process."""

import time
from collections import OrderedDict
from typing import ClassVar

from shared.errors import Problem, Words

REMEMBERED = 10_000


class TooManyRequests(Problem):
    status = 429
    code = "too_many_requests"
    title: ClassVar[Words] = {"en": "Too many requests", "zh": "请求过于频繁"}


class RateLimiter:
    """Token buckets: `per_s` tokens flow into a bucket of `burst`, a request takes one."""

    def __init__(self, *, per_s: float, burst: int) -> None:
        self._per_s, self._burst = per_s, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> None:
        """Raises TooManyRequests with the seconds to wait."""
        now = time.monotonic()
        left, since = self._buckets.pop(who, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_s)
        self._buckets[who] = (max(0.0, left - 1), now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        if left < 1:
            wait_s = int((1 - left) / self._per_s) + 1
            raise TooManyRequests(headers={"Retry-After": str(wait_s)})
