"""`make demo`: leads added for real, through the public interface, to a sandbox on this machine.

The values are the examples of the vendor's documentation page; the phone numbers are fictitious.
"""

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nlpearl import (
    BadRequestError,
    InvalidLeadError,
    LeadResult,
    NLPearl,
    NLPearlError,
    Outcome,
)
from nlpearl.sandbox import Sandbox

CAMPAIGN_ID = "67d42f167f3c392c6d7a2d40"
JOE = {"email": "joe@gmail.com", "address": "3 Abbey Road UK", "carLicense": "90-929-82"}

#: Area codes: their numbers 555-0100 to 555-0199 belong to nobody.
AREAS = ("415", "212", "312", "206")

COLORS = {"green": "32", "yellow": "33", "red": "31", "bold": "1"}


def say(text: str = "", color: str = "") -> None:
    """A line, in color where somebody looks at it."""
    code = COLORS.get(color)
    print(f"\x1b[{code}m{text}\x1b[0m" if code and sys.stdout.isatty() else text)


def main() -> None:
    logging.basicConfig(stream=sys.stdout, format="   %(message)s")
    with Sandbox() as sandbox, NLPearl(sandbox.api_key, base_url=sandbox.url, timeout=5) as client:
        say(f"A sandbox of NLPearl runs at {sandbox.url}. Nobody is phoned.\n")

        say("1. Two leads are added", "bold")
        for external_id, number, zone in (
            ("crm-1", "+14155550123", "Pacific Standard Time"),
            ("crm-2", "+14155550124", "Türkiye Standard Time"),
        ):
            added = client.add_lead(
                CAMPAIGN_ID, number, external_id=external_id, time_zone=zone, call_data=JOE
            )
            say(
                f"   {external_id}  lead id {added.lead_id}, called by the clock of {zone}", "green"
            )

        say("\n2. A lead that cannot be right is refused here, and nothing is sent", "bold")
        try:
            client.add_lead(CAMPAIGN_ID, "no digits", external_id=" ")
        except InvalidLeadError as error:
            for argument, messages in error.errors.items():
                say(f"   {argument}: {'; '.join(messages)}", "yellow")

        say("\n3. A lead that the API refuses says why, and is certainly not there", "bold")
        sandbox.inject_fault(
            status=400, body='{"errors": {"PhoneNumber": ["Is on the do-not-call list."]}}'
        )
        try:
            client.add_lead(CAMPAIGN_ID, "+14155550125", external_id="crm-3")
        except BadRequestError as error:
            say(f"   {error}", "yellow")

        say("\n4. A response that gets lost: the lead was stored, but how would we know?", "bold")
        sandbox.inject_fault(lost="close")
        try:
            client.add_lead(CAMPAIGN_ID, "+14155550126", external_id="crm-4")
        except NLPearlError as error:
            say(f"   outcome: {error.outcome.name}", "red")
            for line in str(error).splitlines():
                say(f"   {line}", "red")

        say("\n5. Three hundred leads, a pause, one rejected, one response lost", "bold")
        sandbox.clear()
        sandbox.inject_fault(retry_after=1)
        sandbox.inject_fault(status=400, body='{"errors": {"PhoneNumber": ["Not a number."]}}')
        sandbox.inject_fault(lost="close")
        with tempfile.TemporaryDirectory() as directory:
            ledger = Path(directory, "people.ledger")
            tally(list(client.add_leads(CAMPAIGN_ID, people(300), ledger=ledger)))
            say("\n6. The same again, as after a crash: the ledger knows who was added", "bold")
            tally(list(client.add_leads(CAMPAIGN_ID, people(300), ledger=ledger)))

        say("\n7. The same as a command: a file of 400 rows, one of them invalid\n", "bold")
        with tempfile.TemporaryDirectory() as directory:
            command(sandbox, Path(directory, "people.csv"))

        stored = [lead["externalId"] for lead in sandbox.leads]
        say(
            f"\nThe campaign has {len(stored)} leads of {len(set(stored))} people: "
            "nobody is called twice, and nobody is lost.",
            "bold",
        )


def people(count: int) -> Iterator[dict[str, object]]:
    """Rows as they come from a file or a database, one at a time."""
    for number in range(count):
        phone = f"+1{AREAS[number // 100]}55501{number % 100:02}"
        yield {"phone_number": phone, "external_id": f"row-{number}", "call_data": JOE}


def command(sandbox: Sandbox, file: Path) -> None:
    """`nlpearl add-leads`, as in a shell."""
    rows = [
        f"+1{AREAS[number // 100]}55501{number % 100:02},file-{number},Joe" for number in range(399)
    ]
    file.write_text("\n".join(["phone_number,external_id,firstName", *rows, "no phone,file-399,"]))
    arguments = ["add-leads", CAMPAIGN_ID, file.name, "--concurrency", "20"]
    say(f"   $ nlpearl {' '.join(arguments)}")
    environment = {"NLPEARL_API_KEY": sandbox.api_key, "NLPEARL_BASE_URL": sandbox.url}
    sys.stdout.flush()
    subprocess.run(
        [sys.executable, "-m", "nlpearl", *arguments],
        cwd=file.parent,
        env=os.environ | environment,
        stderr=subprocess.STDOUT,  # where progress goes
        check=False,
    )


def tally(results: list[LeadResult]) -> None:
    """How many ended how, and why."""
    say(f"   {sum(result.added is not None for result in results):4} added", "green")
    for result in results:
        if result.error:
            color = "red" if result.error.outcome is Outcome.UNKNOWN else "yellow"
            said = str(result.error).splitlines()[0]
            say(f"      1 {result.error.outcome.name}, row {result.position}: {said}", color)


if __name__ == "__main__":
    main()
