"""What a cell holds: nothing, a value, or the mistake of the program that wrote it. Pure.

Not here: what a value means as a phone number, an id or a time zone. That is for nlpearl.leads.
"""

import re
from datetime import date, time, timedelta
from enum import Enum

from ...privacy import masked


class Formula(Enum):
    """An invalid cell."""

    #: A formula whose result was not saved.
    NO_RESULT = "a formula without a result"


#: What stands for an empty cell: pandas and MySQL write these.
_NOTHING = frozenset({"nan", "NaN", "NaT", "<NA>", r"\N"})
#: In a column of ids, numbers or zones these stand for one, too; "None" may be a person's answer.
_NULL = _NOTHING | {"NULL", "null", "None", "none", "N/A", "n/a"}

# "#N/A", German "#NV", Spanish "#¡VALOR!"; "###" is a number that did not fit its column.
_FORMULA_ERROR = re.compile(r"#(?:N/A|NV|N/D|DIV/0!|¡?[^\W_]{3,}[!?]|##+)")

#: A formula that is only a text, and Excel's mark of a text.
_KEPT = re.compile(r"""="(?P<quoted>(?:[^"]|"")*)"|'(?P<number>[=+@-].*|[\d.,]+)""", re.DOTALL)

#: As many digits make a telephone number.
_MANY_DIGITS = 7
_LONGEST_SAMPLE, _LONGEST_NAME = 24, 80


def clean(cell: object) -> object:
    """The cell without blanks and NUL characters around it, and without what keeps a spreadsheet
    from changing it (``="007"``, ``'007``); None if nothing is left."""
    if isinstance(cell, str):
        text = _stripped(cell)
        if text[:1] in ("=", "'") and (kept := _KEPT.fullmatch(text)):
            text = (kept["quoted"] or kept["number"] or "").replace('""', '"').strip()
        return text or None
    # NaN alone is not itself. Python's json reads it, and pandas writes it.
    return cell if cell == cell else None


def is_blank(cell: object) -> bool:
    return clean(cell) is None


def is_nothing(value: object, *, is_argument: bool) -> bool:
    """Whether a cell that is not empty stands for an empty one."""
    return isinstance(value, str) and value in (_NULL if is_argument else _NOTHING)


def mistake(value: object) -> str | None:
    """What is wrong with a cell of any column; None if nothing is."""
    if value is Formula.NO_RESULT:
        return (
            "is a formula without a saved result. Open the file in the spreadsheet program, save "
            "it, and try again"
        )
    if isinstance(value, dict | list):
        return "is a JSON object" if isinstance(value, dict) else "is a JSON array"
    if isinstance(value, timedelta):
        return "is a duration. Make the column text in the spreadsheet"
    if isinstance(value, str):
        if "\0" in value:
            return "has a NUL character (0x00) in it, which cannot be seen. Remove it"
        if value.startswith("#") and _FORMULA_ERROR.fullmatch(value):
            return f"is {value}: a formula in the file has failed"
    return None


def not_an_argument(value: object) -> str | None:
    """What is wrong with a cell as a number, an id or a zone; None if nothing is."""
    if isinstance(value, bool):
        return "is true or false"
    if isinstance(value, date | time):
        return "is a date or a time. Make the column text in the spreadsheet"
    return None


def sample(value: object) -> str:
    """The value as it may be shown: on one line, short, with its last two characters only if it
    could be a telephone number."""
    return _shown(str(value), _LONGEST_SAMPLE)


def shown(name: str) -> str:
    """The name of a column as it may be shown: the first line of a file may be a lead."""
    return _shown(name, _LONGEST_NAME)


def is_like_a_number(text: str) -> bool:
    """Whether it has as many digits as a telephone number."""
    return sum(map(str.isdecimal, text)) >= _MANY_DIGITS


def printable(text: str) -> str:
    """The text without what moves a terminal's cursor or changes its colors."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _shown(text: str, longest: int) -> str:
    text = printable(" ".join(text.split()))
    if is_like_a_number(text):
        return masked(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _stripped(text: str) -> str:
    text = text.strip()
    # Old databases fill their fields up with NUL.
    return text.strip("\0 \t\r\n\ufeff") if text[:1] in "\0\ufeff" or text[-1:] == "\0" else text
