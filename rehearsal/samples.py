"""The sample services on disk, and small changes of them: what a developer of a story commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.errors import RehearsalError
from rehearsal.supervision import CHECKOUT

SAMPLES = CHECKOUT / "samples"
SAMPLE_SERVICES = ("orders", "payments", "invoices", "storefront", "backoffice", "courier")


@dataclass(frozen=True)
class Edit:
    """One place of one file: what is there, and what comes instead. Nothing there is a file to be made."""

    path: str
    before: str
    after: str


def edited(sample: Path, edits: Sequence[Edit]) -> dict[str, str]:
    """Return the whole text of each changed file, by its path."""
    texts: dict[str, str] = {}
    for edit in edits:
        text = texts.get(edit.path) or (_text(sample / edit.path) if edit.before else "")
        found = text.count(edit.before) if edit.before else 1
        if found != 1:
            raise RehearsalError(
                f"{sample / edit.path} has {edit.before!r} {found} times; an edit names a text that is "
                "there once"
            )
        texts[edit.path] = text.replace(edit.before, edit.after) if edit.before else edit.after
    return texts


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as missing:
        raise RehearsalError(f"{path} cannot be read, and a story changes it: {missing}") from missing
