"""What mkdocstrings calls while it reads the code: the ``#:`` comments above an attribute are its
documentation, as in Sphinx. griffe itself knows docstrings alone.
"""

import re
from typing import Any

import griffe


class Comments(griffe.Extension):
    """Gives an attribute the ``#:`` comment above it as its docstring."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """griffe has found an attribute."""
        if attr.lineno is None or isinstance(attr.filepath, list):
            return
        if isinstance(attr.value, griffe.Expr):  # how it is computed is of no use to a reader
            attr.value = None
        lines = attr.lines_collection[attr.filepath]
        found: list[str] = []
        for line in reversed(lines[: attr.lineno - 1]):
            text = line.strip()
            if not text.startswith("#:"):
                break
            found.insert(0, text[2:].strip())
        if found and attr.docstring is None:
            attr.docstring = griffe.Docstring(" ".join(found), parent=attr)

    def on_function_instance(self, *, func: griffe.Function, **_: Any) -> None:
        """griffe has found a function: one of `AsyncNLPearl` links to that of `NLPearl`."""
        if func.docstring is not None:
            func.docstring.value = re.sub(
                r"as `(NLPearl\.\w+)`", r"as [`\1`][nlpearl.\1]", func.docstring.value
            )
