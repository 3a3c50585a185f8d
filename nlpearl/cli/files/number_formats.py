"""What a spreadsheet shows of a number, where digits and fixed characters are all it shows. Pure.

A cell that holds 41 and shows 00041 or C-0041 is meant as it is shown. Not here: decimals, dates,
currencies with separators, conditions; such a cell is what it holds.
"""

import re
from functools import lru_cache

# "text", \c, a placeholder, a blank as wide as a character, or what needs no quotes.
_PART = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<digit>[0#?])|_.|(?P<plain>[-+() $:])')
#: Larger numbers have lost digits.
_MOST = 10**15


def as_shown(value: float, number_format: str) -> str | None:
    """The number as its format shows it; None if that is the number itself, or is not simple."""
    parts = _parts(number_format)
    if parts is None or not 0 <= value < _MOST or value != int(value):
        return None
    digits = list(str(int(value)))
    shown: list[str] = []
    last = min(index for index, part in enumerate(parts) if part in ("0", "#"))
    for index in reversed(range(len(parts))):
        part = parts[index]
        if part not in ("0", "#"):
            shown.append(part[1:])
        elif index == last:  # the first placeholder takes all digits that are left
            shown.append("".join(digits) or part.strip("#"))
        else:
            shown.append(digits.pop() if digits else part.strip("#"))
    text = "".join(reversed(shown)).strip()
    return None if text == str(int(value)) else text


@lru_cache(maxsize=256)
def _parts(number_format: str) -> tuple[str, ...] | None:
    """Placeholders, "0" or "#", and fixed texts after a quote; None for other formats."""
    positive = number_format.split(";")[0]
    found: list[str] = []
    end = 0
    for match in _PART.finditer(positive):
        if match.start() != end:
            return None
        end = match.end()
        if match["digit"]:
            is_zero = match["digit"] == "0" or "0" in found  # after a 0 all of them show
            found.append("0" if is_zero else "#")
        else:
            found.append("'" + (match["quoted"] or match["escaped"] or match["plain"] or ""))
    return tuple(found) if end == len(positive) and {*found} & {"0", "#"} else None
