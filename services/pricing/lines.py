"""What the lines of quotes and orders have in common: whose sale they are, and which rule gave how much."""

from typing import NamedTuple


class Share(NamedTuple):
    """A salesperson's part of a line; the shares of a line sum to one."""

    user_id: str
    share: str


class AppliedRule(NamedTuple):
    """What a policy version (`id@version`) took off a whole line, in minor units of its currency."""

    policy: str
    amount_minor: int
