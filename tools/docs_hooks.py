"""What mkdocs calls while it builds the documentation: tables are put in, and no public name may be
without its text. `mkdocs.yml` names this file.
"""

import html
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "generated")]

from tools.docs_names import documented_names  # noqa: E402
from tools.docs_tables import filled_in  # noqa: E402


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the tables in."""
    return filled_in(markdown)


def on_post_build(config: Any, **_: object) -> None:
    """Fail if a public name has no heading, or no text below it."""
    site = Path(config["site_dir"])
    pages = [page.read_text(encoding="utf-8") for page in sorted(site.glob("reference/*/*.html"))]
    texts: dict[str, str] = {}
    for page in pages:
        parts = re.split(r'<(?:h[1-6]|a|span)[^>]* id="(nlpearl\.[\w.]+)"[^>]*>', page)
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            # The text begins after the heading and the signature, and ends at the next heading.
            below = text.partition('class="doc doc-contents')[2].partition(">")[2]
            below = re.split(r"<h[1-6]", below)[0]
            texts[name] = texts.get(name, "") + _words(below)
    missing = [name for name in documented_names() if not texts.get(name)]
    if missing:
        raise SystemExit(f"The reference has no text for {', '.join(missing)}")


def _words(part: str) -> str:
    """The text of a piece of HTML."""
    plain = re.sub(r"<(details|pre).*?</\1>|<[^>]*>?", " ", part, flags=re.DOTALL)
    return " ".join(html.unescape(plain).split())
