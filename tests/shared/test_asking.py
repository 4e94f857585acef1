"""S-G1: an approval is of one content, by one hash, whoever asks."""

from datetime import UTC, datetime

from shared.asking import sought
from shared.canonical import content_hash

NOW = datetime(2021, 3, 1, 8, tzinfo=UTC)


def test_an_ask_carries_the_hash_of_its_content_whatever_the_order_of_its_fields() -> None:
    content = {"grade": "A", "amount": {"currency": "CNY", "amount": "1.00"}}
    ask = sought(
        occurred_at=NOW, subject=("rating", "r-1"), content=content, route="class-override", requester="u-1",
        title=("Class A", "A类"),
    )  # fmt: skip
    turned = {"amount": {"amount": "1.00", "currency": "CNY"}, "grade": "A"}
    assert ask.content_hash == content_hash(turned)
    assert ask.content_hash != content_hash({**turned, "grade": "B"})
