"""Google's resumable upload: a session takes a file in pieces, and says after a fault how much it has."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.play.wordings import UPLOAD_RANGE_INVALID, UPLOAD_SESSION_UNKNOWN, Refusal

PIECE = 256 * 1024  # every piece but the last is a multiple of this


@dataclass
class Session:
    user: str
    path: dict[str, str]
    received: bytearray = field(default_factory=bytearray)
    answer: dict[str, Any] | None = None

    @property
    def range(self) -> str | None:
        return f"bytes=0-{len(self.received) - 1}" if self.received else None

    def take(self, piece: bytes, content_range: str) -> bool:
        """Add a piece; whether the file is whole now. Without a piece this only asks how much is here."""
        found = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", content_range)
        if found is None:
            raise Refusal(UPLOAD_RANGE_INVALID, problem=f"Content-Range is {content_range!r}.")
        first, last, total = found.groups()
        if first is not None:
            self._add(piece, int(first), int(last), is_last=total != "*" and int(last) + 1 == int(total))
        return total != "*" and len(self.received) == int(total)

    def _add(self, piece: bytes, first: int, last: int, *, is_last: bool) -> None:
        if len(piece) != last - first + 1:
            raise Refusal(UPLOAD_RANGE_INVALID, problem=f"There were {len(piece)} bytes in the request.")
        if first > len(self.received):
            raise Refusal(UPLOAD_RANGE_INVALID, problem=f"The session has {len(self.received)} bytes so far.")
        if not is_last and len(piece) % PIECE:
            raise Refusal(UPLOAD_RANGE_INVALID, problem=f"A piece must be a multiple of {PIECE} bytes.")
        self.received[first:] = piece


class Sessions:
    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def start(self, user: str, path: dict[str, str]) -> str:
        upload_id = secrets.token_urlsafe(16)
        self._sessions[upload_id] = Session(user, path)
        return upload_id

    def get(self, upload_id: str, user: str) -> Session:
        session = self._sessions.get(upload_id)
        if session is None or session.user != user:
            raise Refusal(UPLOAD_SESSION_UNKNOWN)
        return session

    def forget(self, upload_id: str) -> None:
        self._sessions.pop(upload_id, None)
