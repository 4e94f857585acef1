"""What the board counts of an order whose lines an amendment changed."""

from datetime import UTC, date, datetime

from services.accounts.kpis.sales import OrderedLine, SoldOrder

DAY, NOON = date(2021, 3, 10), datetime(2021, 3, 10, 12, tzinfo=UTC)


def test_s_e4_the_board_counts_the_whole_of_an_amended_line_and_nothing_of_one_taken_off() -> None:
    order = SoldOrder("account", "kinshasa", "CNY", DAY, {
        "1": OrderedLine(3, 100, (("rep", "1"),)), "2": OrderedLine(1, 70, (("rep", "1"),)),
    }, NOON)  # fmt: skip
    sold = order.deliver(DAY, [("1", 1)])
    order.amend(["1", "2"], {"1": OrderedLine(2, 67, ()), "3": OrderedLine(1, 50, (("other", "1"),))})
    sold += order.deliver(DAY, [("1", 1), ("3", 1)])
    assert [(sale.line, sale.net_minor) for sale in sold] == [("1", 33), ("1", 34), ("3", 50)]
    assert (sorted(order.lines), order.lines["1"].sellers) == (["1", "3"], (("rep", "1"),))
