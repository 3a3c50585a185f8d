"""In an editor: pyright's language server offers the Windows ids, and any string passes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nlpearl import WINDOWS_TIME_ZONES

SCRIPT = """\
from zoneinfo import ZoneInfo
from nlpearl import AsyncNLPearl, Lead, NLPearl, to_windows_time_zone

def sync(client: NLPearl, name: str) -> None:
    client.add_lead("", "", time_zone="")
    Lead("", time_zone="")
    to_windows_time_zone("")
    client.add_lead("", "", time_zone=name, external_id=42, call_data={"a": 1, "b": None})
    Lead("", time_zone=ZoneInfo("Europe/Rome"))

async def main(client: AsyncNLPearl) -> None:
    await client.add_lead("", "", time_zone="")
"""
ROOT = Path(__file__).parent.parent


class LanguageServer:
    """Speaks the Language Server Protocol to a pyright of its own."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [Path(sys.executable).parent / "pyright-langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        workspace = {"uri": folder.as_uri(), "name": "project"}
        self.ask("initialize", processId=None, capabilities={}, workspaceFolders=[workspace])
        self.tell("initialized")

    def tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        self._send({"id": 1, "method": method, "params": params})
        return next(m["result"] for m in self.messages() if m.get("id") == 1 and "result" in m)

    def messages(self) -> Iterator[dict[str, Any]]:
        """What the server says; what it asks of an editor gets an empty response."""
        assert self._process.stdout is not None
        while True:
            length = 0
            while line := self._process.stdout.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            message = json.loads(self._process.stdout.read(length))
            if "id" in message and "method" in message:
                items = message.get("params", {}).get("items", [])
                self._send({"id": message["id"], "result": [{} for _ in items] or None})
            yield message

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self._process.stdin.flush()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LanguageServer, str]]:
    folder = tmp_path_factory.mktemp("project")
    settings = {"extraPaths": [str(ROOT), str(ROOT / "generated")], "typeCheckingMode": "strict"}
    settings |= {"venvPath": str(ROOT), "venv": ".venv"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    script = folder / "script.py"
    script.write_text(SCRIPT)
    server = LanguageServer(folder)
    document = {"uri": script.as_uri(), "languageId": "python", "version": 1, "text": SCRIPT}
    server.tell("textDocument/didOpen", textDocument=document)
    yield server, script.as_uri()
    server.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "call", ['    client.add_lead("", "", time_zone="")', "    Lead(", "    await"]
)
def test_every_id_is_offered_at_a_string(server: tuple[LanguageServer, str], call: str) -> None:
    [line] = [number for number, text in enumerate(SCRIPT.splitlines()) if text.startswith(call)][
        :1
    ]
    character = SCRIPT.splitlines()[line].index('time_zone="') + len('time_zone="')
    offered = server[0].ask(
        "textDocument/completion",
        textDocument={"uri": server[1]},
        position={"line": line, "character": character},
    )
    assert {f'"{id_}"' for id_ in WINDOWS_TIME_ZONES} <= {
        item["label"] for item in offered["items"]
    }


@pytest.mark.slow
def test_a_plain_string_and_a_zone_pass_the_type_checker(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    pyright = Path(sys.executable).parent / "pyright"
    done = subprocess.run(
        [pyright, "--pythonpath", sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("0 errors")
