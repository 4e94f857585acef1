"""Makes the demo's slice of the public data set: whole years of some customers, and the dirt that real files have."""

import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.compute as pc
import pyarrow.parquet

SLICE = Path(__file__).with_name("online-retail-slice.parquet")
LARGEST, MOST_RETURNING, TYPICAL = 24, 12, 18
EVERY_NTH_WITHOUT_CUSTOMER = 60
Table = Any


def customers(orders: Table) -> list[float]:
    """The largest buyers, those who send most back, and some in the middle: by figures, then by number."""
    known = orders.filter(pc.is_valid(orders["Customer ID"]))
    amounts = pc.multiply(pc.cast(known["Quantity"], pyarrow.float64()), known["Price"])
    bought = known.append_column("amount", amounts).append_column("back", pc.less(known["Quantity"], 0))
    sums = bought.group_by("Customer ID").aggregate([("amount", "sum"), ("back", "sum")])
    by_amount = sums.sort_by([("amount_sum", "descending"), ("Customer ID", "ascending")])["Customer ID"].to_pylist()
    by_back = sums.sort_by([("back_sum", "descending"), ("Customer ID", "ascending")])["Customer ID"].to_pylist()
    middle = by_amount[len(by_amount) // 4 :: len(by_amount) // (4 * TYPICAL)][:TYPICAL]
    return sorted({*by_amount[:LARGEST], *by_back[:MOST_RETURNING], *middle})


def chosen(orders: Table) -> Table:
    """Everything of these customers, some lines without a customer, and every line with a negative price."""
    theirs = pc.is_in(orders["Customer ID"], value_set=pyarrow.array(customers(orders)))
    nobody = pc.is_null(orders["Customer ID"])
    nth = pyarrow.array([row % EVERY_NTH_WITHOUT_CUSTOMER == 0 for row in range(orders.num_rows)])
    negative = pc.less(orders["Price"], 0)
    return orders.filter(pc.or_(theirs, pc.or_(negative, pc.and_(nobody, nth))))


def main(whole: str) -> None:
    """The same file from the same file, byte for byte."""
    orders = pyarrow.parquet.read_table(whole)
    pyarrow.parquet.write_table(chosen(orders), SLICE, compression="zstd", compression_level=19)


if __name__ == "__main__":
    main(sys.argv[1])
