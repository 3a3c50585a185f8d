"""What somebody asked `add-leads` to do, and where its files are.

Not here: how options are spelled (commands.py), and what is done (add_file.py).
"""

from pathlib import Path
from typing import Literal

import attrs

from .files.formats import Options
from .files.rows import FileError
from .ledger_places import check_place, default_place
from .planning import Wishes


@attrs.frozen(kw_only=True)
class Order:
    """Option by option."""

    campaign_id: str
    file: str
    wishes: Wishes
    options: Options
    do_not_call: str | None
    ledger: str | None
    no_ledger: bool
    results: Path | None
    dry_run: bool
    concurrency: int
    rate: float | None
    resend_unknown: bool
    allow_same_number: bool
    default_region: str | None
    reconcile: bool
    api_version: Literal["v1", "v2"]
    as_json: bool

    @property
    def name(self) -> str:
        """The file as a person calls it."""
        return "standard input" if self.file == "-" else self.file

    def results_path(self) -> Path:
        """Beside the file; FileError if another file would be lost."""
        if Path(self.file).is_dir():
            raise FileError(f"{self.file}: it is a folder")
        stem = Path("leads") if self._is_pipe else Path(self.file)
        path = self.results or stem.with_suffix(".results.csv")
        others = [self.file, self.ledger, self.do_not_call]
        if path.resolve() in [Path(other).resolve() for other in others if other]:
            raise FileError(f"the results would overwrite {path}. Name another file: --results")
        return path

    def ledger_path(self) -> str | None:
        """Beside the file, one for all files of its folder; None without a ledger. FileError if
        somebody has to say where it is."""
        if self.no_ledger and self.ledger:
            raise FileError("--ledger and --no-ledger exclude each other")
        if self.no_ledger:
            if self.resend_unknown or self.allow_same_number:
                option = "resend-unknown" if self.resend_unknown else "allow-same-number"
                raise FileError(f"--no-ledger and --{option} exclude each other")
            return None
        if self.ledger:
            return check_place(self.ledger)
        if self._is_pipe:
            if self.dry_run:
                return None
            raise FileError(
                "standard input has no ledger, so the same command would call everybody again. "
                "Name a ledger: --ledger PLACE. Or say --no-ledger"
            )
        return default_place(Path(self.file), self.campaign_id)

    @property
    def _is_pipe(self) -> bool:
        """Whether it can be read only once: standard input, or a pipe by name."""
        return self.file == "-" or Path(self.file).is_fifo()
