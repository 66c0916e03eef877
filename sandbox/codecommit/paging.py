"""Pages of a list, and the token that leads to the next one."""

import base64
import json
from typing import Any

from sandbox.aws.errors import AwsError

# CodeCommit says of none of its lists how long a page is; callers that look at one page only are found out.
PAGE = 100


def start_of(token: str | None, length: int) -> tuple[int, list[str]]:
    """Where the page begins, and what the first page's request stood for: ``length`` texts."""
    if token is None:
        return 0, []
    try:
        start, *meant = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        start, meant = None, []
    texts = [text for text in meant if isinstance(text, str)]
    if not isinstance(start, int) or start < 0 or len(texts) != length:
        raise AwsError(
            "InvalidContinuationTokenException",
            f"The continuation token {token} is not valid; give the one that the page before came with",
        )
    return start, texts


def page(items: list[Any], start: int, meant: list[str], size: int = PAGE) -> tuple[list[Any], str | None]:
    """One page, and the token of the next one if there is one."""
    end = start + size
    if end >= len(items):
        return items[start:], None
    token = base64.urlsafe_b64encode(json.dumps([end, *meant]).encode()).decode()
    return items[start:end], token
