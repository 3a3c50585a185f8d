"""Nobody is called whom a list, a column or a cell forbids to call."""

from pathlib import Path

import openpyxl
import pytest

from nlpearl.cli.do_not_call import DoNotCall, read_do_not_call
from nlpearl.cli.files.rows import FileError
from nlpearl.sandbox import Sandbox

from .cli_running import add_leads, people, results_of

pytest_plugins = ["tests.cli_fixtures"]


@pytest.mark.parametrize(
    ("entry", "region"),
    [
        ("+14155550123", None),
        ("+1 (415) 555-0123", None),
        ("415-555-0123", None),
        ("(415) 555 0123", "US"),
        ("0015 4155550123".replace("5 ", ""), None),
        ("14155550123", None),
        ("14155550123", "US"),
        (14155550123, None),
        (4155550123.0, "US"),
        ("4155550123.0", None),
        ("tel 415 555 0123", None),
    ],
)
def test_a_number_is_found_in_any_spelling(entry: object, region: str | None) -> None:
    numbers = DoNotCall()
    assert "+14155550123" not in numbers
    numbers.add(entry, region)
    assert "+14155550123" in numbers
    assert "+14155550124" not in numbers
    assert len(numbers) == 1


def test_a_national_number_forbids_it_in_its_country() -> None:
    numbers = DoNotCall()
    numbers.add("030 23125021", "DE")
    assert "+493023125021" in numbers
    assert "+13023125021" not in numbers
    numbers.add("030 23125022", None)
    assert "+493023125022" in numbers


def test_what_is_not_a_number_is_none() -> None:
    numbers = DoNotCall()
    for entry in ("Anna", "911", "000000000"):
        with pytest.raises(ValueError, match=entry):
            numbers.add(entry, "US")


@pytest.mark.parametrize(
    "text",
    [
        "phone_number\n+14155550123\n\n+14155550124\n",
        "+14155550123\n+14155550124\n",
        "Do not call list\n+14155550123\n+14155550124\n",
        "Name,Phone,Date\nAnn,(415) 555-0123,2026-11-01\nBob,415.555.0124,2026-11-02\n",
        "Name;Home phone;Mobile phone 2\nAnn;+14155550123;\nBob;;+14155550124\n",
        "Ann,+14155550123\nBob,+14155550124\n",
        '[{"phone": "+14155550123"}, {"name": "x"}, {"phone": 14155550124}]',
    ],
)
def test_a_list_of_any_form(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list"
    path.write_text(text)
    numbers = read_do_not_call(str(path), "US")
    assert len(numbers) == 2
    assert "+14155550123" in numbers
    assert "+14155550124" in numbers


def test_a_list_in_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    book = openpyxl.Workbook()
    for row in (["Phone"], [14155550123], [None], ["(415) 555-0124"]):
        book.worksheets[0].append(row)
    book.save(path)
    assert len(read_do_not_call(str(path), None)) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "phone\n+14155550123\nask Ann\n",
            "list: line 3 is not a phone number: 'ask Ann'",
        ),
        ("Name,City\nAnn,Rome\n", "list: no column is the phone number. Call it phone_number in"),
        ('phone,a\n"+1" 2"\n', "list: line 2 cannot be read: a quote"),
        ("", "list: it is empty"),
    ],
)
def test_a_list_that_is_not_understood_stops_everything(
    here: Path, sandbox: Sandbox, text: str, said: str
) -> None:
    Path("list").write_text(text)
    with pytest.raises(FileError) as caught:
        read_do_not_call("list", None)
    assert str(caught.value).startswith(said)
    Path("people.csv").write_text(people(1))
    assert add_leads("people.csv", "--do-not-call", "list").exit_code == 2
    assert not sandbox.requests


def test_those_on_the_list_are_not_called(sandbox: Sandbox, here: Path) -> None:
    Path("list.txt").write_text("(415) 555-0001\n")
    Path("people.csv").write_text(people(3))
    done = add_leads("people.csv", "--do-not-call", "list.txt", "--default-region", "US")
    assert done.exit_code == 1
    assert sorted(str(lead["externalId"]) for lead in sandbox.leads) == ["0", "2"]
    row = results_of(here / "people.results.csv")[1]
    assert (row["status"], row["reason"]) == ("not sent", "the number is on the do-not-call list")
    assert "Do not call  list.txt, 1 number\n" in done.stderr
    assert "5550001" not in done.stderr


def test_those_whom_a_column_or_a_cell_forbids_are_not_called(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(
        "Phone,DoNotCall,Opt-in,Notes\n"
        "+14155550101,false,yes,\n+14155550102,true,yes,\n+14155550103,,no,\n"
        "+14155550104,,,Do not call!\n+14155550105,,,\n"
    )
    done = add_leads("people.csv")
    assert done.exit_code == 1
    assert sorted(str(lead["phoneNumber"])[-1] for lead in sandbox.leads) == ["1", "5"]
    rows = results_of(here / "people.results.csv")
    assert [row["reason"] for row in rows[1:4]] == [
        "the column 'DoNotCall' says not to call",
        "the column 'Opt-in' says not to call",
        "the column 'Notes' says not to call",
    ]
    assert "DoNotCall  leaves out rows that must not be called" in done.stderr
    done = add_leads("people.csv", "--call-data", "DoNotCall", "--dry-run", "--no-ledger")
    assert "DoNotCall  call data 'DoNotCall'" in done.stderr
    assert "2 would be added" in done.stderr, "it forbids all the same"
    assert add_leads("people.csv", "--map", "DoNotCall=", "--map", "Notes=").exit_code == 1
    assert len(sandbox.leads) == 4, "the caller may say that a column means something else"
