"""Take the vendor's document from its pages into openapi.yaml (make spec).

    python tools/spec.py                                  the Add Lead page
    python tools/spec.py https://…/add-lead.md pages/     others: addresses, files, folders

A page is Markdown with one OpenAPI document in a fenced block. One page gives the block verbatim,
several are united, those of different API versions, too. Whatever is wrong with a page,
openapi.yaml stays as it was.
"""

import difflib
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import yaml
from markdown_it import MarkdownIt
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["https://developers.nlpearl.ai/api-reference/v1/outbound/add-lead.md"]
MAX_PAGE = 5 * 1024 * 1024
MAX_REDIRECTS = 5
OPENS = re.compile(r"^[ {]*[\"']?openapi[\"']?\s*:", re.MULTILINE)
POINTER = re.compile(r"#/components/(\w+)/([^/]+)")
VALIDATORS = {"3.0": OpenAPIV30SpecValidator, "3.1": OpenAPIV31SpecValidator}


class SpecError(Exception):
    """Why openapi.yaml stays as it was, in a sentence for the user of make."""


class Page(NamedTuple):
    """One page of the vendor's, read."""

    source: str
    block: str
    document: dict[str, Any]

    @property
    def version(self) -> str:
        """The version of the API that it is about, such as ``v2``."""
        return str(self.document["info"]["version"])


#: Where something stands in a document: a top-level name, or the way to a method of a path or to a
#: component.
Place = tuple[str, ...]


# Reading a page


def sources(arguments: Iterable[str]) -> Iterator[str]:
    """The addresses and files that are meant; of a folder, its Markdown files."""
    for argument in arguments:
        path = Path(argument)
        if is_address(argument) or not path.is_dir():
            yield argument
            continue
        found = sorted(map(str, path.glob("*.md")))
        if not found:
            raise SpecError(f"{argument}: there is no .md file in this folder")
        yield from found


def is_address(source: str) -> bool:
    return "://" in source


def read(source: str) -> str:
    """The text of a page."""
    data = download(source) if is_address(source) else read_file(source)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(f"{source}: it is not UTF-8: {error}") from None


def read_file(source: str) -> bytes:
    try:
        with Path(source).open("rb") as file:
            data = file.read(MAX_PAGE + 1)
    except OSError as error:
        raise SpecError(f"{source}: {error.strerror}") from None
    return small(source, data)


def small(source: str, data: bytes) -> bytes:
    if len(data) > MAX_PAGE:
        raise SpecError(f"{source}: it is over {MAX_PAGE // 1024 // 1024} MiB, so no page")
    return data


def download(address: str) -> bytes:
    """What an https address gives, or one that it redirects to on the same host."""
    try:
        with httpx.Client(timeout=30) as client:
            there = address
            for _ in range(MAX_REDIRECTS):
                check_address(there, address)
                with client.stream("GET", there) as response:
                    if response.is_redirect:
                        there = urljoin(there, response.headers["location"])
                        continue
                    return body_of(address, response)
    except httpx.HTTPError as error:
        raise SpecError(f"{address}: {error or type(error).__name__}") from None
    raise SpecError(f"{address}: it redirects more than {MAX_REDIRECTS} times")


def check_address(there: str, address: str) -> None:
    asked, now = urlsplit(address), urlsplit(there)
    if now.scheme != "https" and now.hostname != "127.0.0.1":
        raise SpecError(f"{address}: {there} is not https")
    if (now.hostname, now.port) != (asked.hostname, asked.port):
        raise SpecError(
            f"{address}: it redirects to another host, {there}; if that is the vendor's, pass it"
        )


def body_of(address: str, response: httpx.Response) -> bytes:
    if response.status_code != 200:
        raise SpecError(f"{address}: the server says {response.status_code}")
    data = b""
    for piece in response.iter_bytes():
        data = small(address, data + piece)
    length = response.headers.get("content-length")
    if length is not None and response.num_bytes_downloaded != int(length):
        raise SpecError(f"{address}: it came incomplete")
    return data


def parse(source: str, text: str) -> Page:
    """The page's OpenAPI document."""
    if not text.strip():
        raise SpecError(f"{source}: it is empty")
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        raise SpecError(f"{source}: it is HTML; the vendor's Markdown has .md at its address's end")
    blocks = [block for block in fenced(source, text) if OPENS.search(block)]
    if len(blocks) != 1:
        raise SpecError(f"{source}: it has {len(blocks)} blocks with an OpenAPI document, not one")
    try:
        document: object = yaml.safe_load(blocks[0])
    except yaml.YAMLError as error:
        raise SpecError(f"{source}: its OpenAPI document is not valid YAML: {error}") from None
    return Page(source, blocks[0], valid(source, document))


def fenced(source: str, text: str) -> Iterator[str]:
    """The contents of the fenced blocks."""
    lines = text.splitlines()
    for token in MarkdownIt().parse(text):
        if token.type != "fence":
            continue
        assert token.map is not None
        if not lines[token.map[1] - 1].strip().startswith(token.markup) or (
            token.map[1] - token.map[0] < 2
        ):
            raise SpecError(f"{source}: it is truncated: a fenced block is not closed")
        yield token.content


def valid(source: str, document: object) -> dict[str, Any]:
    """The document, if it is valid OpenAPI 3.0 or 3.1."""
    version = cast(dict[str, Any], document).get("openapi") if isinstance(document, dict) else None
    validator = VALIDATORS.get(str(version).rpartition(".")[0])
    if validator is None:
        raise SpecError(f"{source}: its OpenAPI document is of version {version!r}, not 3.0 or 3.1")
    content = cast(dict[str, Any], document)
    for each in references(content):
        if not each.startswith("#"):
            raise SpecError(
                f"{source}: it refers to another document, {each}, and so is not a page of its own"
            )
        if not is_there(content, each):
            raise SpecError(f"{source}: it is cut short: {each} is referred to, and missing")
    for error in validator(cast(Any, content)).iter_errors():
        raise SpecError(f"{source}: it is not valid OpenAPI {version}: {error}")
    known = content.get("components", {}).get("securitySchemes", {})
    for name in schemes(content):
        if name not in known:
            raise SpecError(f"{source}: it is cut short: the security scheme {name} is missing")
    return content


def references(value: object) -> Iterator[str]:
    """What it refers to."""
    if isinstance(value, list):
        for each in cast(list[object], value):
            yield from references(each)
    elif isinstance(value, dict):
        for name, each in cast(dict[str, object], value).items():
            if name == "$ref" and isinstance(each, str):
                yield each
            else:
                yield from references(each)


def is_there(document: object, pointer: str) -> bool:
    for part in pointer.removeprefix("#").split("/")[1:]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if not isinstance(document, dict) or name not in document:
            return False
        document = cast(dict[str, object], document)[name]
    return True


def schemes(document: dict[str, Any]) -> Iterator[str]:
    """The names of the security schemes that are asked for."""
    parts = [document]
    for methods in document["paths"].values():
        parts += [each for each in methods.values() if isinstance(each, dict)]
    for part in parts:
        yield from (name for way in part.get("security", []) for name in way)


# Several pages, one document


def united(pages: list[Page]) -> dict[str, Any]:
    """One document of all, with the `info` of the first.

    A component that another version of the API has in another form gets that version in its name:
    ``LeadToAddApi`` of v1, ``LeadToAddApiV2``. Whatever else two pages say differently, words left
    out, is an error that names both and shows the difference.
    """
    parts: dict[Place, tuple[Any, str]] = {}
    for version in sorted({page.version for page in pages}):
        own: dict[Place, tuple[Any, str]] = {}
        for page in pages:
            if page.version == version:
                add(own, {place: (each, page.source) for place, each in places(page.document)})
        names = new_names(parts, own, version)
        renamed = {
            new_place(place, names): (with_names(each, names), source)
            for place, (each, source) in own.items()
        }
        add(parts, renamed)
    parts[("info",)] = (pages[0].document["info"], pages[0].source)
    whole: dict[str, Any] = {}
    for (*parents, name), (value, _) in parts.items():
        group = whole
        for parent in parents:
            group = group.setdefault(parent, {})
        group[name] = value
    return valid("the pages together", whole)


def places(document: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    """What may stand in one page alone: a method of a path, a component of a section; of the rest,
    which has to be the same in all, each as a whole."""
    for name, value in document.items():
        if name not in ("paths", "components"):
            yield (name,), value
            continue
        for group, entries in value.items():
            for entry, content in entries.items():
                yield (name, group, entry), content


def add(parts: dict[Place, tuple[Any, str]], more: dict[Place, tuple[Any, str]]) -> None:
    """Add what is not there yet; SpecError if something is there and says something else."""
    for place, (value, source) in more.items():
        known, known_source = parts.setdefault(place, (value, source))
        old, new = without_words(known), without_words(value)
        if place != ("info",) and old != new:
            shown = "\n".join(diff(old, new, known_source, source))
            raise SpecError(
                f"{source}: {' '.join(place)} is another one than in {known_source}. Leave one of "
                f"the pages out, or ask the vendor which is right:\n{shown}"
            )


def new_names(
    parts: dict[Place, tuple[Any, str]], own: dict[Place, tuple[Any, str]], version: str
) -> dict[str, str]:
    """Pointers to components of a version that are other ones in `parts`, to the new pointers."""
    both = [place for place in own if place in parts and place[0] == "components"]
    both = [place for place in both if place[1] != "securitySchemes"]
    names: dict[str, str] = {}
    while True:
        found = {
            f"#/{'/'.join(place)}": f"#/{'/'.join(place)}{version[:1].upper()}{version[1:]}"
            for place in both
            if without_words(parts[place][0]) != without_words(with_names(own[place][0], names))
        }
        if found == names:
            return names
        names = found  # what refers to one of them is another one, too


def new_place(place: Place, names: dict[str, str]) -> Place:
    return (*place[:-1], names.get(f"#/{'/'.join(place)}", place[-1]).rpartition("/")[2])


def with_names(value: Any, names: dict[str, str]) -> Any:
    """A value with its pointers to components renamed."""
    if isinstance(value, list):
        return [with_names(each, names) for each in value]  # pyright: ignore
    if isinstance(value, dict):
        return {name: with_names(each, names) for name, each in value.items()}  # pyright: ignore
    if isinstance(value, str) and (pointer := POINTER.match(value)):
        return names.get(pointer[0], pointer[0]) + value[pointer.end() :]
    return value


# What came of it


def diff(old: object, new: object, old_name: str, new_name: str) -> list[str]:
    """Two documents compared line by line."""
    lines = difflib.unified_diff(_lines(old), _lines(new), old_name, new_name, lineterm="", n=6)
    return list(lines)


def _lines(value: object) -> list[str]:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100).splitlines()


def without_words(value: object) -> object:
    """A document without its descriptions, which no program depends on."""
    if isinstance(value, list):
        return [without_words(each) for each in cast(list[object], value)]
    if not isinstance(value, dict):
        return value
    return {
        name: without_words(each)
        for name, each in cast(dict[object, object], value).items()
        if not (name in ("description", "summary") and isinstance(each, str))
    }


def changes(old: str, new: str) -> str:
    """What the new document says differently, for people."""
    if old == new:
        return "Nothing has changed."
    before, after = (without_words(yaml.safe_load(text)) for text in (old, new))
    lines = diff(before, after, "openapi.yaml as it was", "openapi.yaml")
    return "\n".join(lines) if lines else "Only descriptions have changed."


def versions(text: str) -> set[str]:
    """The versions of the API that the paths of a document begin with."""
    document: dict[str, Any] = yaml.safe_load(text) or {}
    return {path.split("/")[1] for path in document.get("paths", {})}


def take(arguments: list[str], root: Path = ROOT) -> str:
    """Write openapi.yaml from the pages; what has changed."""
    pages = [parse(source, read(source)) for source in sources(arguments or PAGES)]
    if len(pages) == 1:
        text = pages[0].block
    else:
        text = yaml.safe_dump(united(pages), sort_keys=False, allow_unicode=True, width=100)
    target = root / "openapi.yaml"
    old = target.read_text(encoding="utf-8") if target.exists() else ""
    for version in sorted(versions(old) - versions(text)):
        raise SpecError(
            f"{pages[0].source}: no operation of {version} is left, and openapi.yaml has some: "
            "pass their pages, too; if the vendor has withdrawn them, delete openapi.yaml first"
        )
    # Written to another file and then put in place: an interrupt leaves the old or the new one.
    beside = target.with_suffix(".new")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(target)
    read_at = datetime.now(UTC).isoformat(timespec="seconds")
    digest = hashlib.sha256(text.encode()).hexdigest()
    origin = {"pages": [page.source for page in pages], "read": read_at, "sha256": digest}
    (root / "openapi-origin.json").write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8")
    return changes(old, text)


def main(arguments: list[str]) -> int:
    try:
        print(take(arguments))
    except SpecError as error:
        print(f"error: {error}\nopenapi.yaml is as it was.", file=sys.stderr)
        return 1
    print("Now: make generate, then make test. CONTRIBUTING.md says what to do where they fail.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
