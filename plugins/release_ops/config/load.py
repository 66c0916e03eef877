"""From a path to a catalog, or to every mistake in the file at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from release_ops.config.document import Document
from release_ops.config.draft import draft_of_broken, draft_of_valid
from release_ops.config.entries import CatalogFile
from release_ops.config.mistakes import NAMED_AT_MOST, CatalogError, Finding, Mistake, key_text
from release_ops.config.models import Catalog
from release_ops.config.reading import read_document
from release_ops.config.resolve import resolve
from release_ops.config.rules import findings_across
from release_ops.config.sentences import finding_of, refusals

LARGEST_FILE = 1024 * 1024


def load_catalog(path: Path) -> Catalog:
    """Return the catalog in a file; CatalogError names every mistake in it."""
    return read_catalog(_content(path), path)


def read_catalog(content: bytes, path: Path) -> Catalog:
    """Return the catalog that a file's bytes are; the path is only what mistakes call it."""
    document = read_document(content)
    findings = [*document.findings, *_empty_values(document)]
    try:
        file = CatalogFile.model_validate(document.content)
    except ValidationError as error:
        refused = refusals(error, document)
        findings += [finding_of(details, document) for details in refused[:NAMED_AT_MOST]]
        draft = draft_of_broken(document.content, (*document.refused, *(each["loc"] for each in refused)))
    else:
        draft = draft_of_valid(file, document.refused)
    findings += findings_across(draft) if draft else ()
    if findings or not draft:
        raise CatalogError(_mistakes(path, document, findings))
    return resolve(draft.file)


def placed(path: Path, findings: Iterable[Finding]) -> list[Mistake]:
    """Return what is wrong with a valid file, outside of it, with the lines that it is about."""
    return _mistakes(path, read_document(_content(path)), findings)


def _content(path: Path) -> bytes:
    """Return a regular file's bytes: a pipe would block for ever, and a device never ends."""
    try:
        if not path.exists():
            raise CatalogError(
                [Mistake(path, 0, "", "there is no such file", "write the path of a services.yaml")]
            )
        if not path.is_file():
            raise CatalogError([Mistake(path, 0, "", "is not a file", "write the path of a services.yaml")])
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        wrong = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise CatalogError(
            [Mistake(path, 0, "", wrong, "write the path of a file that you may read")]
        ) from error
    if len(content) > LARGEST_FILE:
        wrong = "is larger than 1 MiB, which is no catalog"
        raise CatalogError([Mistake(path, 0, "", wrong, "write the path of a services.yaml")])
    return content


def _empty_values(document: Document) -> Iterator[Finding]:
    """A key without a value is a line that somebody forgot to finish, not a wish for the default."""
    for key in document.empty:
        if not key:
            yield Finding(key, "is empty", "write train, environments and services")
        elif key[4:] == ("track",) or "payload" in key[4:] or document.is_refused(key):
            continue
        else:
            yield Finding(key, "has no value", "write one, or remove the line")
        document.refused.add(key)


def _mistakes(path: Path, document: Document, findings: Iterable[Finding]) -> list[Mistake]:
    """Return the findings with their places, in the order of the file."""

    def line(finding: Finding) -> int:
        return finding.line or document.spot(finding.key)[1].line

    ordered = sorted(dict.fromkeys(findings), key=line)
    return [Mistake(path, line(found), key_text(found.key), found.wrong, found.write) for found in ordered]
