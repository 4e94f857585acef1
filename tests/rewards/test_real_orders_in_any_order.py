"""Three months of real orders, told in another order and some of them twice, leave the same balances."""

from shared.events.envelope import Event
from shared.policy.forms import Benefit
from shared.policy.loader import read_yaml
from tests.pricing.conftest import pricing  # noqa: F401  (a fixture)
from tests.real_orders import DEMO, real_events  # noqa: F401  (a fixture)
from tests.rewards.accounts_kept import judges
from tests.rewards.books_kept import GivenPolicies, kept_in
from tests.rewards.test_consumer import close, digest, numbered, shuffled, take_in
from tests.servers import TestPostgres, fresh_database


def subsidy_of_the_year() -> GivenPolicies:
    name = "demo-volume-subsidy"
    (document,) = read_yaml((DEMO / "policies" / f"{name}.yaml").read_text(encoding="utf-8"), name=name)
    assert isinstance(document, Benefit)
    return GivenPolicies(judges((document, 1)))


async def test_shuffled_and_doubled_real_orders_before_the_closes_give_the_same_balances(
    postgres: TestPostgres,
    real_events: list[Event],  # noqa: F811
) -> None:
    messages = numbered(real_events)
    digests = set()
    for seed in (0, 3, 4):
        told = shuffled(messages, seed) if seed else messages
        async with fresh_database(postgres, "rewards") as url, kept_in(url, policies=subsidy_of_the_year()) as kept:
            for start in range(0, len(told), 500):
                await take_in(kept, told[start : start + 500])
            await close(kept, "2010-02")
            assert len(await kept.balances()) > 10
            digests.add(await digest(kept))
    assert len(digests) == 1
