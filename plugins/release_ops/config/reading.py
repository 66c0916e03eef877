"""From bytes to a document: encoding and syntax."""

from __future__ import annotations

import codecs
from typing import Any

import yaml

from release_ops.config.builder import Builder, StopReading
from release_ops.config.document import Document
from release_ops.config.mistakes import shown

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def read_document(content: bytes) -> Document:
    """Return what the bytes say; whatever they are, a mistake is a finding and never an exception."""
    document = Document()
    text = _decoded(content, document)
    if text is None:
        return document
    builder = Builder(document)
    try:
        # Events, not nodes: PyYAML's C composer recurses, and 100,000 brackets end the interpreter.
        builder.take(yaml.parse(text, Loader=_LOADER))
    except StopReading:
        pass
    except yaml.MarkedYAMLError as error:
        document.refuse((), *_syntax_mistake(error, text))
    except yaml.YAMLError as error:
        document.refuse((), f"is not YAML ({shown(str(error))})", "write keys and values", 1)
    return document


def _decoded(content: bytes, document: Document) -> str | None:
    if content.startswith(_OTHER_ENCODINGS):
        document.refuse((), "is UTF-16 or UTF-32", "save the file as UTF-8", 1)
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = f"is not UTF-8 text (byte 0x{content[error.start]:02x})"
        document.refuse((), wrong, "save the file as UTF-8", line)
        return None
    if strange := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, strange.start()) + 1
        wrong = f"has the control character {shown(strange.group())}"
        document.refuse((), wrong, "remove it: the file must be plain text", line)
        return None
    return text


def _syntax_mistake(error: yaml.MarkedYAMLError, text: str) -> tuple[str, str, int]:
    lines = text.splitlines() or [""]
    open_quote = "quoted scalar" in (
        error.context or ""
    )  # its end is missed far below, its start is the mistake
    mark = error.context_mark if open_quote else error.problem_mark or error.context_mark
    number = min(mark.line if mark else 0, len(lines) - 1)
    indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
    if "\t" in indent:
        return "a tab indents this line, which YAML does not allow", "indent with spaces", number + 1
    problem = ", ".join(filter(None, (error.context, error.problem)))
    return f"is not YAML ({problem})", "mend this line, or the end of the one before it", number + 1
