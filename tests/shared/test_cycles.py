"""The collector is told once that what was loaded stays, and looks at what is new seldom enough for a large batch."""

import subprocess
import sys

SEARCHES = """
import gc
from shared.cycles import collect_seldom

if {seldom}:
    collect_seldom()
searched = sum(one["collections"] for one in gc.get_stats())
batch = [[number] for number in range(200_000)]
print(sum(one["collections"] for one in gc.get_stats()) - searched)
"""


def test_a_batch_of_many_objects_is_searched_a_few_times_instead_of_hundreds():
    assert searches(seldom=False) > 200
    assert searches(seldom=True) <= 5


def test_what_was_loaded_is_never_searched_again():
    told = "import gc, shared.cycles as cycles; cycles.collect_seldom(); print(gc.get_freeze_count())"
    assert int(_printed(told)) > 1000


def searches(*, seldom):
    return int(_printed(SEARCHES.format(seldom=seldom)))


def _printed(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
