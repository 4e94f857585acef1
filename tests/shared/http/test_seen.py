"""What a writer is told of its own events."""

from shared.http.seen import MOST_POSITIONS, parse, written
from shared.outbox import Seen


def test_the_last_sequence_of_each_aggregate_is_told_once():
    said = written([Seen("account", "a", 1), Seen("order", "o", 1), Seen("account", "a", 2)])
    assert said == "account/a@2, order/o@1"


def test_a_write_of_thousands_tells_no_more_positions_than_a_reader_may_name():
    said = written([Seen("account", str(number), 1) for number in range(5000)])
    assert len(parse(said)) == MOST_POSITIONS
    assert said.endswith("account/4999@1")


def test_an_id_of_any_letters_fits_a_header_and_comes_back():
    said = written([Seen("product", "手机, 5G@home", 3)])
    assert said.isascii()
    assert parse(said) == [Seen("product", "手机, 5G@home", 3)]
