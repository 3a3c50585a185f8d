"""Values as machines have them: the numbers and gaps of numpy, pandas and decimal, and their types.

Neither numpy nor pandas is imported for it: their scalars are known by what they register, or by
name.
"""

_PLAIN = {"builtins", "nlpearl"}
_GAPS = {"NAType", "NaTType"}  # pandas.NA and pandas.NaT
_BOOLS = {"numpy.bool", "numpy.bool_"}  # since numpy 2, and before


def type_name(value: object) -> str:
    """The type as a message names it: ``int``, ``Lead``, and with its module ``numpy.bool``."""
    kind = type(value)
    module, name = kind.__module__, kind.__qualname__
    return name if module.partition(".")[0] in _PLAIN else f"{module}.{name}"


def is_missing(value: object) -> bool:
    """Whether it stands for no value: None, NaN, pandas.NA and pandas.NaT."""
    if value is None or isinstance(value, str | int):
        return value is None
    if isinstance(value, float):
        return value != value
    from decimal import Decimal

    return value.is_nan() if isinstance(value, Decimal) else type(value).__name__ in _GAPS


def to_builtin(value: object) -> object:
    """numpy's integers, floats and bools as Python's own; anything else as it is."""
    if isinstance(value, str | int | float):
        return value
    from numbers import Integral, Rational, Real

    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real) and not isinstance(value, Rational):
        return float(str(value))  # the text, since float(numpy.float32(0.1)) is 0.10000000149011612
    return bool(value) if type_name(value) in _BOOLS else value
