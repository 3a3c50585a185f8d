"""Files as CRMs, Meta, Google, Excel, PowerShell and pandas write them, through the whole command.

Each case: the file, the options, and either the leads that are wanted or what the refusal says.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from nlpearl.sandbox import Sandbox

from .cli_running import add_leads, results_of
from .writers import pandas, xlsxwriter

pytest_plugins = ["tests.cli_fixtures"]

Lead = dict[str, Any]
Content = str | bytes | Callable[[str], None]

US = ["--default-region", "US"]
DE = ["--default-region", "DE"]


def maps(*texts: str) -> list[str]:
    return [part for text in texts for part in ("--map", text)]


def lead(number: str, external_id: str | None = None, **more: Any) -> Lead:
    wanted: Lead = {"phoneNumber": number, **more}
    return wanted if external_id is None else {**wanted, "externalId": external_id}


def named(number: str, external_id: str, name: str) -> Lead:
    return lead(number, external_id, callData={"name": name})


def workbook(*rows: list[object], hide: int | None = None) -> Callable[[str], None]:
    """Written by openpyxl."""

    def write(path: str) -> None:
        book = openpyxl.Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        if hide is not None:
            book.worksheets[0].row_dimensions[hide].hidden = True
        book.save(path)

    return write


def formats(path: str) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Liste")
        zero, five = (book.add_format({"num_format": text}) for text in ("0##########", "00000"))
        sheet.write_row(0, 0, ["Telefon", "Kundennummer", "Name"])
        for row, (number, kunde, name) in enumerate(
            [(3023125021, 41, "Jörg"), (3023125022, 42, "Ute")], 1
        ):
            sheet.write_number(row, 0, number, zero)
            sheet.write_number(row, 1, kunde, five)
            sheet.write_string(row, 2, name)


def formulas(path: str) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Calls")
        sheet.write_row(0, 0, ["phone_number", "external_id", "area", "local"])
        for row, local in enumerate(["5550191", "5550192"], 1):
            sheet.write_formula(row, 0, f'="+1"&C{row + 1}&D{row + 1}', None, f"+1415{local}")
            sheet.write_row(row, 1, [f"f-{row}", "415", local])


def sheets(path: str) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Leads of November"])
    sheet = book.create_sheet("Leads")
    for row in (["phone_number", "external_id"], ["+14155550151", "s-1"], ["+14155550152", "s-2"]):
        sheet.append(row)
    book.save(path)


META = (
    "id\tcreated_time\tad_id\tform_id\tis_organic\tplatform\tfull_name\tphone_number\n"
    "l:1034000000000001\t2026-11-20T10:11:12-08:00\tag:120210000000000001\tf:55501\tfalse\tfb\t"
    "Zoë Lee\tp:+14155550141\n"
)
GOOGLE = (
    "First Name,Last Name,Labels,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Value\n"
    "Ann,Lee,* myContacts,ann@example.com,Mobile,(415) 555-0176,\n"
    "Bob,Ray,* myContacts,,Home,415-555-0177 ::: 415-555-0178,415-555-0179\n"
    "Cy,Fox,* myContacts,,Mobile,+1 415-555-0180,\n"
)
SALESFORCE = (
    '"Id","FirstName","LastName","Phone","DoNotCall","HasOptedOutOfEmail"\n'
    '"00Q000000000001","Ann","Lee","(415) 555-0173","false","false"\n'
    '"00Q000000000002","Bob","Ray","(415) 555-0174","true","false"\n'
    '"00Q000000000003","Cy","Fox","(415) 555-0175","false","true"\n'
)

ADDED: dict[str, tuple[str, Content, list[str], list[Lead], int]] = {
    "an array of JSON": (
        "people.json",
        '[\n {"phone_number": "+14155550166", "external_id": "j-1", "call_data": '
        '{"name": "Ann"}},\n {"phone_number": "+14155550167", "external_id": "j-2"}]',
        [],
        [named("+14155550166", "j-1", "Ann"), lead("+14155550167", "j-2")],
        0,
    ),
    "the API's names in JSON": (
        "people.txt",
        '{"phoneNumber": "+14155550166", "externalId": "j-1", "timeZoneId": "UTC", '
        '"callData": {"name": "Ann"}}',
        [],
        [named("+14155550166", "j-1", "Ann") | {"timeZoneId": "UTC"}],
        0,
    ),
    "rows that Excel has cleared": (
        "people.csv",
        "phone_number,external_id,name\r\n+14155550153,1,Ann\r\n,,\r\n+14155550154,2,Bob\r\n"
        ",,\r\n\r\n \t,\u00a0,\r\n",
        ["--call-data", "name"],
        [named("+14155550153", "1", "Ann"), named("+14155550154", "2", "Bob")],
        0,
    ),
    "a workbook with number formats": (
        "people.xlsx",
        formats,
        [*maps("Telefon=phone_number", "Kundennummer=external_id"), "--call-data", "Name", *DE],
        [
            lead("+493023125021", "00041", callData={"Name": "Jörg"}),
            lead("+493023125022", "00042", callData={"Name": "Ute"}),
        ],
        0,
    ),
    "a workbook with formulas": (
        "people.xlsx",
        formulas,
        [],
        [lead("+14155550191", "f-1"), lead("+14155550192", "f-2")],
        0,
    ),
    "a workbook with a hidden row": (
        "people.xlsx",
        workbook(
            ["phone_number", "external_id"], ["+14155550148", "h-1"], ["+14155550149", "h-2"],
            ["+14155550150", "h-3"], hide=3,
        ),
        [],
        [lead("+14155550148", "h-1"), lead("+14155550150", "h-3")],
        1,
    ),
    "a workbook with a sheet before that of the leads": (
        "people.xlsx",
        sheets,
        [],
        [lead("+14155550151", "s-1"), lead("+14155550152", "s-2")],
        0,
    ),
    "a workbook under the name of a CSV file": (
        "people.csv",
        workbook(["Phone"], ["+14155550148"]),
        [],
        [lead("+14155550148")],
        0,
    ),
    "Meta's UTF-16 with tabs": (
        "people.csv",
        META.encode("utf-16"),
        [*maps("id=external_id", "full_name=call_data.name"), *US],
        [named("+14155550141", "l:1034000000000001", "Zoë Lee")],
        0,
    ),
    "cp1252, if it is named": (
        "people.csv",
        "phone_number;external_id;name\r\n030 23125023;w-1;Jörg Müller\r\n".encode("cp1252"),
        ["--call-data", "name", "--encoding", "cp1252", *DE],
        [named("+493023125023", "w-1", "Jörg Müller")],
        0,
    ),
    "Excel's line with the separator": (
        "people.csv",
        "sep=;\r\nphone_number;external_id;first name\r\n(415) 555-0143;c-1;Ann\r\n",
        [*maps("first name=call_data.name"), *US],
        [named("+14155550143", "c-1", "Ann")],
        0,
    ),
    "PowerShell's line with the type": (
        "people.csv",
        '#TYPE Selected.PSCustomObject\r\n"phone_number","external_id"\r\n"+14155550164","p-1"\r\n',
        [],
        [lead("+14155550164", "p-1")],
        0,
    ),
    "Salesforce's column DoNotCall": (
        "people.csv",
        SALESFORCE,
        [*maps("Id=external_id"), *US],
        [lead("+14155550173", "00Q000000000001"), lead("+14155550175", "00Q000000000003")],
        1,
    ),
    "Google's two numbers in a cell": (
        "people.csv",
        GOOGLE,
        [*maps("Phone 1 - Value=phone_number"), *US],
        [lead("+14155550176"), lead("+14155550180")],
        1,
    ),
    "names of columns as people write them": (
        "people.csv",
        "Phone Number,External ID,Timezone,First name\n"
        "(415) 555-0160,crm-1,America/New_York,Ann\n(415) 555-0161,crm-2,America/Los_Angeles,Bob\n",
        US,
        [
            lead("+14155550160", "crm-1", timeZoneId="Eastern Standard Time"),
            lead("+14155550161", "crm-2", timeZoneId="Pacific Standard Time"),
        ],
        0,
    ),
    "columns without a name or with the same one": (
        "people.csv",
        ",phone_number,external_id,Notes,Notes,\n0,+14155550155,n-1,a,b,\n1,+14155550156,n-2,,c,\n",
        [],
        [lead("+14155550155", "n-1"), lead("+14155550156", "n-2")],
        0,
    ),
    "short rows": (
        "people.csv",
        "phone_number,external_id,name,notes\n+14155550157,7,Ann,vip\n+14155550158,8,Bob\n"
        "+14155550159,9\n",
        ["--call-data", "name"],
        [
            named("+14155550157", "7", "Ann"),
            named("+14155550158", "8", "Bob"),
            lead("+14155550159", "9"),
        ],
        0,
    ),
    "a long row": (
        "people.csv",
        "name,phone_number\nAnn,+14155550157,,\nLee, Bob,+14155550158\n",
        [],
        [lead("+14155550157")],
        1,
    ),
    "NUL at the end of a cell": (
        "people.csv",
        "phone_number,external_id,name\n+14155550171,z-1,Ann\0\0\n+14155550172,z-2\0,Bob\n",
        ["--call-data", "name"],
        [named("+14155550171", "z-1", "Ann"), named("+14155550172", "z-2", "Bob")],
        0,
    ),
    "a stray quote": (
        "people.csv",
        "phone_number,external_id,name\n+14155550168,q-1,Ann\n"
        '+14155550169,q-2,"Bob "the boss" Lee"\n+14155550170,q-3,Cy\n',
        [],
        [lead("+14155550168", "q-1"), lead("+14155550170", "q-3")],
        1,
    ),
    "errors of Excel where an id should be": (
        "people.csv",
        "phone_number,external_id\n+14155550168,#N/A\n+14155550169,#REF!\n+14155550170,NULL\n",
        [],
        [lead("+14155550170")],
        1,
    ),
    "blanks behind the separators": (
        "people.csv",
        '"phone", "name"\n"+14155550168", "Lee, Ann"\n',
        ["--call-data", "NAME"],
        [lead("+14155550168", callData={"name": "Lee, Ann"})],
        0,
    ),
}  # fmt: skip


def write(name: str, content: Content) -> None:
    if callable(content):
        content(name)
    else:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)


def stored(sandbox: Sandbox, wanted: list[Lead]) -> list[Lead]:
    """What the API has of the leads, as far as anything is wanted; nothing more of them."""
    keys = {"phoneNumber", "externalId", "timeZoneId", "callData"}
    assert wanted
    found = [{key: each[key] for key in keys & each.keys()} for each in sandbox.leads]
    return sorted(found, key=lambda each: str(each["phoneNumber"]))


@pytest.mark.parametrize("case", ADDED)
def test_what_is_clear_is_added(sandbox: Sandbox, here: Path, case: str) -> None:
    name, content, options, wanted, code = ADDED[case]
    write(name, content)
    dry = add_leads(name, *options, "--dry-run")
    assert not sandbox.leads
    expected = [row["status"] for row in results_of(Path(name).with_suffix(".results.csv"))]
    done = add_leads(name, *options)
    assert "Traceback" not in done.stderr
    assert stored(sandbox, wanted) == wanted
    assert (done.exit_code, dry.exit_code) == (code, code), done.stderr
    statuses = [row["status"] for row in results_of(Path(name).with_suffix(".results.csv"))]
    assert [status.replace("added", "pending") for status in statuses] == expected


REFUSED: dict[str, tuple[str, Content, list[str], list[str]]] = {
    "cp1252": (
        "people.csv",
        "phone_number;name\r\n030 23125023;Jörg\r\n".encode("cp1252"),
        DE,
        ["line 2 is not UTF-8", "--encoding cp1252"],
    ),
    "a title above the header": (
        "people.csv",
        "Leads November 2026\r\n\r\nphone_number,external_id\r\n+14155550162,t-1\r\n",
        [],
        ["The first line has to name the columns, and it is: 'Leads November 2026'. The names seem "
         "to be in line 3: remove what is above them"],
    ),
    "a title above the header, in a workbook": (
        "people.xlsx",
        workbook(["Leads", None], [None, None], ["Phone", "Name"], ["+14155550162", "Ann"]),
        [],
        ["and it is: 'Leads'. The names seem to be in row 3"],
    ),
    "a title above a header that is mapped": (
        "people.csv",
        "Leads\nNummer\n+14155550162\n",
        maps("Nummer=phone_number"),
        ["there is no column 'Nummer'", "it is: 'Leads'. The names seem to be in line 2"],
    ),
    "no header": (
        "people.csv",
        "+14155550184,Ann\n+14155550185,Bob\n",
        [],
        ["The first line has to name the columns, and it is: '…84', 'Ann'. That looks like a lead"],
    ),
    "two columns of numbers": (
        "people.csv",
        "Name,Phone,Mobile\nAnn,+14155550184,+14155550185\n",
        [],
        ["'Phone' and 'Mobile'", "--map 'Phone=phone_number'"],
    ),
    "a zone under another name": (
        "people.csv",
        "phone_number,Contact time zone\n+14155550184,America/New_York\n",
        [],
        ["'Contact time zone' looks like the time zone", "--map 'Contact time zone=time_zone'"],
    ),
    "a zone in a column of another name": (
        "people.csv",
        "phone_number,Region\n+14155550184,America/New_York\n+14155550185,Europe/Rome\n",
        ["--call-data", "all"],
        ["the column 'Region' looks like the time zone"],
    ),
    "an object of arrays": (
        "people.json",
        '{"leads": [{"phone_number": "+14155550184"}]}',
        [],
        ["no column is the phone number. The keys of its JSON objects are: 'leads'. Say which",
         "If the rows are inside of the object, save their array alone"],
    ),
    "a header and nothing else": (
        "people.csv",
        "phone_number,external_id\n,\n",
        [],
        ["it has no row below the names of the columns"],
    ),
    "many rows without a header": (
        "people.csv",
        "Ann,x\n" * 2000 + '"',
        [],
        ["The first line has to name the columns, and it is: 'Ann', 'x'. If that is a title"],
    ),
    "HTML under the name of a workbook": (
        "people.xls",
        "<html><table><tr><td>phone</td></tr></table></html>",
        [],
        ["it is a web page (HTML), despite its name. Open it in"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_clear_is_refused_with_what_to_do(
    sandbox: Sandbox, here: Path, case: str
) -> None:
    name, content, options, said = REFUSED[case]
    write(name, content)
    done = add_leads(name, *options)
    assert done.exit_code == 2, done.stderr
    assert done.stderr.startswith(f"error: {name}: ")
    assert [words for words in said if words not in done.stderr] == [], done.stderr
    assert "5550184" not in done.stderr
    assert not sandbox.requests
    assert [path.name for path in here.iterdir()] == [name], "nothing was made"


def test_numbers_in_a_workbook(sandbox: Sandbox, here: Path) -> None:
    workbook(["Phone", "External ID"], [4155550145, 1041], [14155550146, 1042])("people.xlsx")
    assert add_leads("people.xlsx", *US).exit_code == 0
    wanted = [lead("+14155550145", "1041"), lead("+14155550146", "1042")]
    assert stored(sandbox, wanted) == wanted


def test_numbers_of_pandas_with_a_gap(sandbox: Sandbox, here: Path) -> None:
    frame = pandas.DataFrame({"phone_number": [3023125025, None], "external_id": ["a", "b"]})
    frame.to_csv("people.csv", index=False)
    assert add_leads("people.csv", *DE).exit_code == 1
    wanted = [lead("+493023125025", "a")]
    assert stored(sandbox, wanted) == wanted


def test_ids_that_a_spreadsheet_has_rounded(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(
        "phone_number,external_id\n+14155550181,1.2021E+17\n+14155550182,1.2021E+17\n"
        "+14155550183,120210000000000123\n"
    )
    assert add_leads("people.csv").exit_code == 1
    wanted = [lead("+14155550183", "120210000000000123")]
    assert stored(sandbox, wanted) == wanted


def test_a_region_that_is_added_later(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text("phone_number,name\n+1 415 555 0189,Ann\n")
    assert add_leads("people.csv").exit_code == 0
    assert add_leads("people.csv", *US).exit_code == 0
    assert len(sandbox.leads) == 1


def test_call_data_that_a_spreadsheet_rewrote(sandbox: Sandbox, here: Path) -> None:
    for number, day in (("+14155550186", "2026-11-01"), ("14155550186", "11/1/2026")):
        Path("people.csv").write_text(f"phone_number,signed_up\n{number},{day}\n")
        assert add_leads("people.csv", *US, "--call-data", "signed_up").exit_code == 0
    assert len(sandbox.leads) == 1


def test_one_number_in_three_spellings_is_called_once(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(
        "phone_number,name\n(415) 555-0188,Ann Lee\n+14155550188,A. Lee\n415.555.0188,Ann\n"
    )
    done = add_leads("people.csv", *US)
    assert len(sandbox.leads) == 1
    assert done.exit_code == 1
    assert "the same" in done.stderr
