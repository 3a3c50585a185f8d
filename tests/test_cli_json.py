"""JSON as programs write it: lines, arrays, objects one after the other; damage."""

import contextlib
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlpearl.cli.files import json_table, text
from nlpearl.cli.files.json_table import JsonTable
from nlpearl.cli.files.rows import FileError

from .cli_running import opened

Reads = Callable[[str], JsonTable]

A, B = {"phone": "+1", "id": 1}, {"id": 2, "phone": "+2", "data": {"x": None}}


@pytest.fixture
def reads(tmp_path: Path) -> Iterator[Reads]:
    """The table of a file with this text."""
    with contextlib.ExitStack() as stack:

        def read(data: str) -> JsonTable:
            path = tmp_path / "people.json"
            path.write_bytes(data.encode())
            return JsonTable(stack.enter_context(opened(path)), "utf-8-sig")

        yield read


def found(table: JsonTable) -> list[tuple[int, object]]:
    """The number of each row, with its cells by column or its fault."""
    return [
        (row.line, row.fault or dict(zip(table.header, row.cells, strict=False)))
        for row in table.rows()
    ]


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        (json.dumps(A) + "\n" + json.dumps(B) + "\n", "line"),
        (f"\ufeff{json.dumps(A)}\r\n{json.dumps(B)}", "line"),
        (json.dumps([A, B]), "item"),
        (json.dumps([A, B], indent=2), "item"),
        (f" \n[\n{json.dumps(A)},\n{json.dumps(B)}]\n", "item"),
        (f"{json.dumps(A, indent=1)}\n{json.dumps(B, indent=1)}\n", "item"),
        (f"[{json.dumps(A)}] [{json.dumps(B)}]", "item"),
    ],
)
def test_each_way_to_write_rows(reads: Reads, written: str, unit: str) -> None:
    table = reads(written)
    assert table.unit == unit
    assert [*table.rows()] != []
    assert table.header == ["phone", "id", "data"]
    assert [row.line for row in table.rows()] == [1, 2]
    assert [row.cells for row in table.rows()] == [["+1", 1, None], ["+2", 2, {"x": None}]]


def test_a_line_that_is_not_a_row_costs_itself(
    reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "LONGEST_LINE", 200)
    lines = [
        '{"a": 1}', "", "{broken +14155550199", "[1]", '"x"', "2", "null", "true",
        '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 2}}', '{"a": 2}{"a": 3}', '{"a": "' + "x" * 300,
        "[" * 199, '{"a": NaN}',
    ]  # fmt: skip
    rows = found(reads("\n".join(lines)))
    assert rows[0] == (1, {"a": 1})
    assert dict(rows[1:-1]) == {
        3: "invalid JSON: Expecting property name enclosed in double quotes, at character 2",
        4: "a row is a JSON object, not a JSON array",
        5: "a row is a JSON object, not a JSON string",
        6: "a row is a JSON object, not a JSON number",
        7: "a row is a JSON object, not a JSON null",
        8: "a row is a JSON object, not a JSON boolean",
        9: "a key is there twice in a JSON object",
        10: "a key is there twice in a JSON object",
        11: "invalid JSON: Extra data, at character 9",
        12: "it has over 1,000,000 characters",
        13: "invalid JSON: Expecting value, at character 200",
    }


def test_what_is_too_deep_or_too_large_is_said(reads: Reads) -> None:
    deep = "[" * 200_000
    rows = found(reads('{"a": 1}\n' + deep + "\n" + '{"a": ' + "9" * 5000 + "}"))
    assert [row for _, row in rows[1:]] == [
        "invalid JSON: a number or a structure in it is too large"
    ] * 2
    with pytest.raises(FileError, match="the JSON in line 2 is too large"):
        found(reads("[\n" + deep))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('[{"a": 1}\n, {"a": 2', "invalid JSON in line 2: Expecting ',' delimiter"),
        ('[\n{"a": 1},\n{b}]', "invalid JSON in line 3: Expecting property name"),
        ('[{"a": 1},', "its JSON ends in the middle of an array. Is the file complete?"),
        ('[{"a": 1} x]', "invalid JSON in line 1: Expecting value"),
        ('[\n{"a": "' + "x" * 70_000 + '"},\n\n{"a": tru}]', "invalid JSON in line 4"),
        ('{\n"a": "' + "x" * 2_000_000 + '"}', "invalid JSON in line 2: Unterminated string"),
    ],
)
def test_what_breaks_an_array_stops_the_file_and_names_the_line(
    reads: Reads, written: str, said: str
) -> None:
    with pytest.raises(FileError, match=said):
        found(reads(written))


@pytest.mark.parametrize("written", ["[]", " [ ] ", "[]\n[]"])
def test_an_array_without_items_has_no_rows(reads: Reads, written: str) -> None:
    assert found(reads(written)) == []


def test_a_number_that_a_block_cuts_is_one_number(
    reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_table, "_CHUNK", 3)
    rows = found(reads('[12345, {"a": 67890}, 1]'))
    assert [line for line, _ in rows] == [1, 2, 3]
    assert rows[1] == (2, {"a": 67890})


def test_keys_that_are_data_are_not_columns(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_table, "_MOST_COLUMNS", 3)
    with pytest.raises(FileError, match=r"its rows have over 3 different keys\. Give all rows"):
        found(reads('{"a": 1, "b": 1}\n{"c": 1, "d": 1}'))


def test_an_array_on_one_line_is_not_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    with path.open("w") as file:
        file.write("[")
        for number in range(20_000):
            file.write(f'{{"phone_number": "+1{number:010}", "note": "{"x" * 500}"}}, ')
        file.write("{}]")
    assert path.stat().st_size > 10 << 20
    with opened(path) as contents:
        tracemalloc.start()
        count = sum(1 for _ in JsonTable(contents, "utf-8").rows())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 20_001
    assert peak < 8 << 20


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), JSON, min_size=1, max_size=3), max_size=4)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(OBJECTS, st.sampled_from(["lines", "array", "indented"]), st.sampled_from([1, 7, 65_536]))
def test_what_python_writes_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, objects: list[dict[str, Any]], way: str, chunk: int
) -> None:
    path = tmp_path_factory.mktemp("json") / "people.json"
    written = {
        "lines": "\n".join(map(json.dumps, objects)),
        "array": json.dumps(objects),
        "indented": json.dumps(objects, indent=1, ensure_ascii=False),
    }[way]
    path.write_bytes(written.encode("utf-8", "surrogatepass"))
    with opened(path) as contents, pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_table, "_CHUNK", chunk)
        read = found(JsonTable(contents, "utf-8"))
    assert [line for line, _ in read] == [*range(1, len(objects) + 1)]
    for (_, row), wanted in zip(read, objects, strict=True):
        assert isinstance(row, dict)
        assert {key: row[key] for key in wanted} == wanted


@given(st.text(alphabet='[]{}",:1a \n', max_size=60) | st.text(max_size=60))
def test_garbage_is_rows_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: str) -> None:
    path = tmp_path_factory.mktemp("json") / "people.json"
    path.write_bytes(b"[" + data.encode("utf-8", "replace"))
    with opened(path) as contents:
        try:
            found(JsonTable(contents, "utf-8"))
        except FileError as error:
            said = str(error)
        else:
            said = ""
    assert said.isprintable()
