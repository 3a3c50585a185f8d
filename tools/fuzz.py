"""Feeds what comes from outside with what nobody would send, guided by coverage (atheris).

`python -m tools.fuzz TARGET SECONDS`, where TARGET is a function below. Only our own errors may
come out, and no message may hold the key or a control character. What breaks that is printed.
"""

# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# (atheris has no types, and is installed by `make fuzz` alone.)

import contextlib
import gzip
import io
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris
import openpyxl

with atheris.instrument_imports(include=["nlpearl"]):
    import httpx

    from nlpearl import WINDOWS_TIME_ZONES, NLPearl, NLPearlError, to_windows_time_zone
    from nlpearl.cli.checks import Checker, Refused
    from nlpearl.cli.do_not_call import DoNotCall
    from nlpearl.cli.files.contents import Contents
    from nlpearl.cli.files.formats import Options, open_table
    from nlpearl.cli.files.rows import FileError
    from nlpearl.cli.planning import Wishes, is_header
    from nlpearl.cli.repeats import Repeats
    from nlpearl.cli.source import Source

SECRET = "s3cretKey0000000"  # noqa: S105  (nobody's)
Target = Callable[[bytes], None]


def told(error: Exception) -> None:
    """What a caller is told: lines that print, without the key."""
    message = f"{error}\n{error!r}"
    assert SECRET not in message
    assert all(line.replace("\t", "").isprintable() for line in message.split("\n")), message


def responses() -> tuple[Target, list[bytes]]:
    """A server's responses to an addition and to a lookup."""
    given: list[tuple[int, list[tuple[bytes, bytes]], bytes]] = []

    def response(_: httpx.Request) -> httpx.Response:
        status, headers, body = given[0]
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    http_client = httpx.Client(transport=httpx.MockTransport(response))
    client = NLPearl(f"a1b2:{SECRET}", max_retries=0, http_client=http_client)

    def target(data: bytes) -> None:
        head, _, body = data.partition(b"\n\n")
        status, *lines = head.split(b"\n")
        headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
        given[:] = [(max(200, int(status[:3]) if status.isdigit() else 200), headers, body)]
        for call in (
            lambda: client.add_lead(
                "67d42f167f3c392c6d7a2d40", "+14155550123", external_id="crm-42"
            ),
            lambda: client.find_lead("67d42f167f3c392c6d7a2d40", "crm-42"),
        ):
            try:
                call()
            except NLPearlError as error:
                told(error)

    return target, [
        b'200\ncontent-type: application/json\n\n{"leadId":"67d42f167f3c392c6d7a2d41"}',
        b"400\ncontent-type: application/problem+json; charset=utf-8\n\n"
        b'{"title":"t","detail":"d","traceId":"00-1","errors":{"$.callData[\'age\']":["x"],"a":1}}',
        b"429\nretry-after: 2\n\n",
        b'401\nx-key: %(key)b\n\n{"detail":"%(key)b","traceId":"%(key)b"}'
        % {b"key": SECRET.encode()},
        b"503\nretry-after: Wed, 21 Oct 2026 07:28:00 GMT\n"
        b"date: Wed, 21 Oct 2026 07:27:00 +0100\n\n<html><title>x</title>",
        b"200\nset-cookie: a=b\n\n"
        b'{"id":"1","status":10,"phoneNumber":"+14155550123","created":"2026-10-21T07:28:00.123Z"}',
        b"200\ncontent-encoding: gzip\n\n" + gzip.compress(b'{"leadId":"1"}'),
    ]


def _rows(data: bytes, folder: Path) -> None:
    file = folder / "people"
    file.write_bytes(data)
    wishes = Wishes([], ["all"])
    count = 0
    try:
        with (
            contextlib.closing(Contents(str(file))) as contents,
            contextlib.closing(Repeats("line")) as repeats,
        ):
            table = open_table(contents, Options(), lambda names: is_header(names, wishes))
            source = Source(table, wishes)
            source.examine()
            checker = Checker(source.plan, "US", DoNotCall(), repeats)
            for row in source.rows():
                count += 1
                checked = checker.check(row)
                if isinstance(checked, Refused):
                    told(NLPearlError(checked.reason))
    except FileError as error:
        told(error)
    else:
        assert count == source.total, "a row was lost"


def csv() -> tuple[Target, list[bytes]]:
    """A file of CSV."""
    folder = Path(tempfile.mkdtemp())
    return lambda data: _rows(data, folder), [
        b"phone_number,external_id,firstName\n+14155550123,1,Joe\n(415) 555-0124,2,\n",
        b'phone_number;time_zone\r\n"+14155550123";Europe/Rome\r\n\r\n+14155550124\r\n',
        b'\xef\xbb\xbfphone_number\tcall_data.age\n+14155550123\t"4\n2"\n',
        b'sep=;\nphone;DoNotCall;call_data\n+14155550123;no;{"a":1}\n"a" b;#N/A;\0\n',
        "phone,name\n+14155550123,Zoë\n".encode("utf-16"),
    ]


def json() -> tuple[Target, list[bytes]]:
    """A file of JSON."""
    folder = Path(tempfile.mkdtemp())
    return lambda data: _rows(data, folder), [
        b'{"phone_number": "+14155550123", "external_id": 1, "call_data": {"age": 42}}\n[]\n',
        b'{"phone_number": 1, "time_zone": ["PST"], "n": 1e999, "call_data": {"call_data": {}}}',
        b'[{"phone": "+14155550123", "tz": "UTC", "x": NaN}, {"phone": null}, 7]',
    ]


def excel() -> tuple[Target, list[bytes]]:
    """A workbook: its sheet, in a package that is well."""
    folder = Path(tempfile.mkdtemp())
    book, data = openpyxl.Workbook(), io.BytesIO()
    for row in (["phone", "tz"], ["+14155550123", "UTC"], [14155550124, "=A1"]):
        book.worksheets[0].append(row)
    book.save(data)
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(data) as package:
        parts = {name: package.read(name) for name in package.namelist()}

    def target(given: bytes) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as package:
            for name, part in (parts | {sheet: given}).items():
                package.writestr(name, part)
        _rows(packed.getvalue(), folder)

    return target, [parts[sheet]]


def zones() -> tuple[Target, list[bytes]]:
    """The name of a time zone."""

    def target(data: bytes) -> None:
        name = data.decode("utf-8", "surrogateescape")
        try:
            assert to_windows_time_zone(name) in WINDOWS_TIME_ZONES
        except NLPearlError as error:
            told(error)

    return target, [
        *(name.encode() for name in WINDOWS_TIME_ZONES),
        b"america/new_york", b"Etc/GMT+8", b"UTC-08:00", b"PST", b"EST5EDT", b"Asia/Kolkata",
    ]  # fmt: skip


def main() -> None:
    name, seconds = sys.argv[1:]
    target, seeds = {each.__name__: each for each in (responses, csv, json, excel, zones)}[name]()
    corpus = Path(".fuzz", name)
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-artifact_prefix={corpus}/", "-max_len=4096"]
    atheris.Setup(
        [sys.argv[0], str(corpus), *options, "-verbosity=0", "-print_final_stats=1"], target
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
