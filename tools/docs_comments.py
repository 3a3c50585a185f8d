"""What mkdocstrings calls while it reads the code: the ``#:`` comments above an attribute are its
documentation, as in Sphinx. griffe itself knows docstrings alone.
"""

from typing import Any

import griffe  # pyright: ignore[reportMissingImports]


class Comments(griffe.Extension):
    """Gives an attribute the ``#:`` comment above it, or behind it, as its docstring."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """griffe has found an attribute."""
        if attr.docstring is not None or attr.lineno is None or isinstance(attr.filepath, list):
            return
        lines = attr.lines_collection[attr.filepath]
        found: list[str] = []
        for line in reversed(lines[: attr.lineno - 1]):
            text = line.strip()
            if not text.startswith("#:"):
                break
            found.insert(0, text[2:].strip())
        if found:
            attr.docstring = griffe.Docstring(" ".join(found), parent=attr)
