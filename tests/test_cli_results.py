"""The results file and the reasons: in words, grouped, harmless in a spreadsheet."""

import ast
import inspect
import os
import re
import sys
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpearl import (
    AddedLead,
    APIConnectionError,
    BadRequestError,
    DuplicateLeadError,
    InvalidArgumentError,
    InvalidLeadError,
    Lead,
    LeadResult,
    Ledger,
    NLPearl,
    NLPearlError,
    Outcome,
)
from nlpearl.cli.checks import Refused
from nlpearl.cli.closing import exit_code, next_steps, summary
from nlpearl.cli.files.rows import FileError
from nlpearl.cli.progress import duration
from nlpearl.cli.reasons import Reasons, in_words, plain
from nlpearl.cli.results import Place, Results
from nlpearl.cli.statuses import Status, status_of

from .claim_harness import ROOT
from .cli_running import results_of, run
from .writers import pandas

LEAD = Lead("+14155550123")


def result(
    position: int, error: NLPearlError | None = None, *, earlier: bool = False
) -> LeadResult:
    added = AddedLead(f"lead-{position}", LEAD, earlier) if error is None else None
    return LeadResult(position, None, LEAD, added, error)


def test_each_outcome_has_a_status() -> None:
    for error, status in [
        (None, Status.ADDED),
        (InvalidLeadError("x"), Status.INVALID),
        (DuplicateLeadError("x"), Status.NOT_SENT),
        (APIConnectionError("x", outcome=Outcome.NOT_SENT), Status.NOT_SENT),
        (APIConnectionError("x"), Status.UNKNOWN),
        (BadRequestError("x"), Status.REJECTED),
    ]:
        assert status_of(result(0, error)) is status
    assert status_of(result(0, earlier=True)) is Status.EARLIER


def test_what_differs_from_an_earlier_run_and_what_was_not_recorded_is_told(
    tmp_path: Path,
) -> None:
    results = Results(tmp_path / "r.csv", "line")
    for position, added in enumerate(
        [
            AddedLead("a", LEAD, earlier=True, differs=("time_zone", "call_data")),
            AddedLead("b", LEAD, recorded=False),
        ]
    ):
        results.expect(Place(position, ""))
        results.add(LeadResult(position, None, LEAD, added, None))
    results.close()
    assert [row["reason"] for row in results_of(tmp_path / "r.csv")] == [
        "not as it was sent then: time zone, call data",
        "added, but the ledger could not record it, and will call it unknown",
    ]


def test_without_locks_the_results_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("fcntl.flock", no_locks)
    Results(tmp_path / "r.csv", "line").close()
    monkeypatch.setitem(sys.modules, "fcntl", None)
    results = Results(Path(os.devnull), "line")
    results.write(Place(2, ""), Status.ADDED)
    results.close()


def test_rows_are_written_in_their_order_with_any_order_of_results(tmp_path: Path) -> None:
    results = Results(tmp_path / "r.csv", "line")
    for number in range(4):
        results.expect(Place(number + 2, f"id-{number}"))
    results.add(result(2))
    results.add(result(0, BadRequestError("no")))
    results.add(
        LeadResult(3, Refused(Status.NOT_SENT, "hidden"), None, None, InvalidLeadError("x"))
    )
    results.finish()
    results.leave_out(Place(9, "id-9"))
    results.close()
    rows = results_of(tmp_path / "r.csv")
    assert [(row["line"], row["status"], row["lead_id"]) for row in rows] == [
        ("2", "rejected", ""), ("3", "unknown", ""), ("4", "added", "lead-2"),
        ("5", "not sent", ""), ("9", "pending", ""),
    ]  # fmt: skip
    assert (
        rows[1]["reason"] == "the run stopped before the outcome was known, so the lead may exist"
    )
    assert rows[3]["reason"] == "hidden"
    assert results.counts.total() == 5


def test_what_a_lookup_saw_is_in_the_reason(tmp_path: Path) -> None:
    error = APIConnectionError("the connection was lost\nThe lead may exist.")
    error.add_note("Looked up 9 times: not found")
    results = Results(tmp_path / "r.csv", "line")
    results.expect(Place(2, ""))
    results.add(result(0, error))
    results.close()
    [row] = results_of(tmp_path / "r.csv")
    assert row["reason"] == (
        "the connection was lost. The lead may exist. Looked up 9 times: not found"
    )


def test_what_may_succeed_again_is_counted(tmp_path: Path) -> None:
    results = Results(tmp_path / "r.csv", "line")
    for position, error in enumerate(
        [APIConnectionError("x", outcome=Outcome.NOT_SENT), BadRequestError("x")]
    ):
        results.expect(Place(position, ""))
        results.add(result(position, error))
    results.close()
    assert results.retryable == 1


def test_no_cell_is_a_formula_and_excel_reads_its_characters(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    results = Results(path, "line")
    for external_id in ("=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "Zoë", "a,b", "\ud800"):
        results.write(Place(2, external_id), Status.REJECTED, "=x", "=HYPERLINK(…)")
    results.close()
    assert path.read_bytes().startswith(b"\xef\xbb\xbfline,external_id,status,lead_id,reason\r\n")
    for row in results_of(path):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    frame = pandas.read_csv(path)
    assert frame["external_id"][6] == "Zoë"
    book = openpyxl.Workbook()
    for row in frame.itertuples(index=False):
        book.worksheets[0].append([*row])
    assert all(cell.data_type != "f" for cells in book.worksheets[0].iter_rows() for cell in cells)


def test_a_file_that_nothing_was_written_to_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    Results(path, "line").close()
    assert not path.exists()
    path.write_text("before")
    Results(path, "line").close()
    assert path.read_text() == "before"
    with pytest.raises(FileError, match=r"No such file or directory. Name another file: --results"):
        Results(tmp_path / "none" / "r.csv", "line")


def test_a_row_that_is_refused_fails_however_it_is_read() -> None:
    row = Refused(Status.INVALID, "no reason")
    for read in (lambda: row["x"], lambda: list(row), lambda: len(row)):
        with pytest.raises(ValueError, match="no reason"):
            read()


# Reasons


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InvalidLeadError.of({"phone_number": ["a", "b"], "call_data.age": ["c"], "": ["d"]}),
         "phone number: a; phone number: b; call data 'age': c; d"),
        (InvalidLeadError("x"), "x"),
        (NLPearlError("`resend_unknown=True` sends it"), "--resend-unknown sends it"),
        (NLPearlError("resend_unknown sends it"), "--resend-unknown sends it"),
        (InvalidArgumentError("default_region='XX' is bad"), "--default-region 'XX' is bad"),
        (InvalidArgumentError("campaign_id must be"), "campaign id must be"),
        (NLPearlError("Set KEY (or pass api_key=) to x"), "Set KEY to x"),
        (NLPearlError("America/New_York stays"), "America/New_York stays"),
        (NLPearlError("one\n\n  two:\nthree."), "one. two: three."),
        (NLPearlError("one   line"), "one line"),
        (NLPearlError(""), ""),
    ],
)  # fmt: skip
def test_a_reason_is_in_the_words_of_the_command(error: NLPearlError, words: str) -> None:
    assert in_words(error) == words
    assert "=" not in in_words(error)


def literals() -> list[tuple[str, str]]:
    """The texts in the library's code, docstrings left out, with their files."""
    found: list[tuple[str, str]] = []
    for path in (ROOT / "nlpearl").rglob("*.py"):
        if {"cli", "sandbox", "postgresql_statements.py", "sqlite_file.py"} & {*path.parts}:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        statements = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in statements:
                found.append((path.name, str(node.value)))
    return found


def test_no_message_names_a_command_in_python_nor_python_at_the_terminal() -> None:
    coded = [text for _, text in literals() if "`" in text and text != "`"]
    assert len(coded) > 8
    for text in coded:
        assert not re.search(r"`|client\.|Ledger\.|=True", plain(text).replace("`tzutil /l`", ""))
    for name, text in literals():
        assert not re.search(r"\bnlpearl (ledger|add|find)|(^| )--\w", text), (name, text)


def test_every_line_of_code_in_a_message_exists() -> None:
    """And so does every command that it becomes at the terminal."""
    names = {"client": NLPearl, "Ledger": Ledger}
    for _, text in literals():
        for owner, method in re.findall(r"`(client|Ledger)\.(\w+)", text):
            assert hasattr(names[owner], method), text
        for option in re.findall(r"`(\w+)=True`", text):
            assert option in {
                *inspect.signature(NLPearl.add_lead).parameters,
                *inspect.signature(NLPearl.settle).parameters,
            }
        for command in re.findall(r"nlpearl ((?:ledger )?[a-z-]+)", plain(text)):
            if "`" in text:
                assert run(*command.split(), "-h").exit_code == 0


@given(st.text())
def test_any_message_is_one_line(message: str) -> None:
    assert len(plain(message).splitlines()) <= 1


def test_a_fault_is_told_once_with_its_rows() -> None:
    reasons = Reasons("line")
    for line in range(41):
        reasons.add(Status.INVALID, "phone number is missing", 7 + line)
    reasons.add(Status.INVALID, "phone number …23 is too short.", 2)
    for line in (3, 4):
        reasons.add(Status.INVALID, f"phone number …0{line}: too long", line)
    reasons.add(Status.NOT_SENT, "duplicate: the same phone number as in line 2 (lead id 6a)", 9)
    reasons.add(Status.NOT_SENT, "duplicate: the same phone number as in line 3 (lead id 6b)", 10)
    assert [*reasons.lines(Status.INVALID)] == [
        "phone number is missing: 41 rows, lines 7, 8, 9, 10, 11, …",
        "phone number …: too long: 2 rows, lines 3, 4",
        "phone number …23 is too short: 1 row, line 2",
    ]
    assert [*reasons.lines(Status.NOT_SENT)] == [
        "duplicate: the same phone number as in another line: 2 rows, lines 9, 10"
    ]
    assert [*reasons.lines(Status.REJECTED)] == []


def test_reasons_are_at_most_twenty_lines_and_a_thousand_in_memory() -> None:
    reasons = Reasons("row")
    for line in range(2000):
        reasons.add(Status.REJECTED, f"reason {chr(0x4E00 + line)}", line)
    lines = [*reasons.lines(Status.REJECTED)]
    assert len(lines) == 21
    assert lines[0] == "another reason: 1,000 rows, rows 1000, 1001, 1002, 1003, 1004, …"
    assert lines[-1] == "and 981 more reasons"


# The end


def test_the_exit_code_is_0_only_if_all_were_added() -> None:
    assert exit_code({Status.ADDED: 1, Status.EARLIER: 1, Status.INVALID: 0}, dry_run=False) == 0
    assert exit_code({Status.PENDING: 1}, dry_run=True) == 0
    assert exit_code({Status.PENDING: 1}, dry_run=False) == 1
    for status in (Status.INVALID, Status.NOT_SENT, Status.REJECTED, Status.UNKNOWN):
        assert exit_code({Status.ADDED: 1, status: 1}, dry_run=False) == 1
        assert exit_code({Status.PENDING: 1, status: 1}, dry_run=True) == 1


def test_the_sum_tells_new_leads_from_earlier_ones() -> None:
    counts = {Status.ADDED: 2997, Status.EARLIER: 6998, Status.INVALID: 5}
    assert summary(counts, 34, dry_run=False) == (
        "9,995 added (2,997 new, 6,998 by earlier runs), 5 not added, in 34 s"
    )
    assert summary({Status.ADDED: 1}, 0.2, dry_run=False) == "1 added, 0 not added, in 0 s"


@pytest.mark.parametrize(
    ("counts", "retryable", "step"),
    [
        ({Status.ADDED: 9}, 0, None),
        (
            {Status.UNKNOWN: 1, Status.INVALID: 1},
            0,
            "Look up the leads that are unknown: nlpearl ledger settle 'my leads'",
        ),
        ({Status.INVALID: 2, Status.REJECTED: 3}, 0, "Correct the 5 rows that are invalid"),
        ({Status.REJECTED: 1}, 0, "Correct the row that is invalid or rejected, and run"),
        ({Status.NOT_SENT: 1}, 1, "Run the same command: nobody is added twice."),
        ({Status.NOT_SENT: 1}, 0, None),
        ({Status.PENDING: 1}, 0, "Run the same command: nobody is added twice."),
    ],
)
def test_what_to_do_next(counts: dict[Status, int], retryable: int, step: str | None) -> None:
    steps = [*next_steps(counts, dry_run=False, ledger="my leads", retryable=retryable)]
    assert (steps[0].startswith(step) if step else not steps) is True
    [warning] = next_steps(counts, dry_run=False, ledger=None, retryable=retryable)
    assert warning.startswith("There is no ledger")


def test_durations() -> None:
    assert [duration(s) for s in (0.4, 15, 99, 100, 5900, 6060, 12000)] == [
        "0 s", "15 s", "99 s", "2 min", "98 min", "1 h 41 min", "3 h 20 min",
    ]  # fmt: skip
    assert re.fullmatch(r"\d+ s", duration(7))


def test_no_reason_says_what_a_program_passes() -> None:
    for message, words in [
        (
            "or say where it is at home, with region='US' in a Lead or default_region='US' in the "
            "client",
            "or say where it is at home, with --default-region US",
        ),
        ("use a name, or None for the campaign's own", "use a name, or leave it empty for the cam"),
        ("it is a list; make it a string, or None to leave the key out", "a string, or leave it"),
        ("it is missing (nan); pass None to leave the key out", "it is missing (nan); leave it ou"),
        ("it is empty; pass your own id of the lead, or None", "of the lead, or leave it out"),
        ("wait, resend_unknown need a ledger; pass ledger=", "--resend-unknown need a ledger"),
    ]:
        said = plain(message)
        assert words in said
        assert not re.search(r"\bNone\b|\w_\w|region='US'|default_region", said)
