"""What people write into cells, in the one way we read it."""

import re

DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


def iso_day(text: str) -> str:
    """2012/5/14 and 2012年5月14日 as 2012-05-14; anything else is left to be refused."""
    found = DAY.fullmatch(text)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else text
