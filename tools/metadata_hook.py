"""What hatchling calls while it builds: the README's links become absolute, and the metadata gets
the addresses of the project.

They are made of GITHUB_SERVER_URL and GITHUB_REPOSITORY, which the release workflow has. Without
them the links stay relative, as a checkout needs them.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

#: Project-URL → what follows the address of the repository.
URLS = {
    "Source": "",
    "Documentation": "/blob/{ref}/docs/index.md",
    "Changelog": "/blob/{ref}/CHANGELOG.md",
    "Issues": "/issues",
}


def home() -> str:
    """The address of the repository; empty if nobody knows it."""
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    repository = os.environ.get("GITHUB_REPOSITORY")
    return f"{server}/{repository}" if repository else ""


def absolute(readme: str, address: str, ref: str) -> str:
    """The README with absolute links; pictures as they are, not the page that shows them."""
    readme = re.sub(r"(!\[[^\]]*\]\()(?!https?:|#)", rf"\g<1>{address}/raw/{ref}/", readme)
    return re.sub(r"((?<!!)\[[^\]]*\]\()(?!https?:|#)", rf"\g<1>{address}/blob/{ref}/", readme)


class MetadataHook(MetadataHookInterface):
    """hatchling finds it by the path in pyproject.toml."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add `readme` and `urls`."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        address, ref = home(), f"v{metadata['version']}"
        if address:
            text = absolute(text, address, ref)
            metadata["urls"] = {name: address + path.format(ref=ref) for name, path in URLS.items()}
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
