"""From a path to a catalog, or to every mistake in the file at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from release_ops.config.document import Document, read_document
from release_ops.config.entries import CatalogFile
from release_ops.config.mistakes import CatalogError, Finding, Mistake, key_text
from release_ops.config.models import Catalog
from release_ops.config.resolve import resolve


def load_catalog(path: Path) -> Catalog:
    """Return the catalog in a file; CatalogError names every mistake in it."""
    document = read_document(path.read_bytes())
    try:
        return resolve(CatalogFile.model_validate(document.content))
    except ValidationError as error:
        found = [Finding(tuple(each["loc"]), each["msg"], "see docs/catalog.md") for each in error.errors()]
        raise CatalogError(_mistakes(path, document, found)) from None


def _mistakes(path: Path, document: Document, findings: Iterable[Finding]) -> list[Mistake]:
    return [
        Mistake(
            path,
            found.line or document.spot(found.key)[1].line,
            key_text(found.key),
            found.wrong,
            found.write,
        )
        for found in findings
    ]
