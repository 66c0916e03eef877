"""What AWS does on a bad day, as twists of a proxy. Each starts afresh when it is made."""

from __future__ import annotations

import json
import random
import threading
from collections import defaultdict
from collections.abc import Callable

from tests.misbehaving.proxy import Answer, Call, Twist, refusal

THROTTLED = refusal("ThrottlingException", "Rate exceeded")
BROKEN = Answer(500, b'{"__type":"InternalFailure"}', {"Content-Type": "application/x-amz-json-1.1"})
EXPIRED = refusal("ExpiredTokenException", "The security token included in the request is expired")

PassOn = Callable[[], Answer]


def of_ten_calls(count: int, answer: Answer, more: int = 0, other: Answer | None = None) -> Twist:
    """Answer so many of any ten requests for an operation like this, and `more` like the other.

    Which ones is chance, but the same chance each time; how many is not."""
    lock = threading.Lock()
    decks: dict[str, list[Answer | None]] = defaultdict(list)

    def twist(call: Call, pass_on: PassOn) -> Answer:
        with lock:
            deck = decks[call.operation]
            if not deck:
                deck += [answer] * count + [other] * more + [None] * (10 - count - more)
                random.Random(call.operation).shuffle(deck)  # noqa: S311 - chance, but the same each time
            dealt = deck.pop()
        return dealt or pass_on()

    return twist


def the_first(times: int, operation: str, answer: Answer | None) -> Twist:
    """Answer the first requests like this; None: let them come through, but no answer back."""
    left, lock = [times], threading.Lock()

    def twist(call: Call, pass_on: PassOn) -> Answer:
        with lock:
            is_hit = call.operation == operation and left[0] > 0
            left[0] -= is_hit
        if is_hit and answer is None:
            pass_on()
            raise ConnectionResetError
        return answer if is_hit and answer else pass_on()

    return twist


def denied(operation: str) -> Twist:
    """No right to it, for as long as it takes a person to notice."""
    words = (
        f"User: arn:aws:iam::111111111111:user/airflow is not authorized to perform: codebuild:{operation}"
    )
    answer = refusal("AccessDeniedException", words)
    return lambda call, pass_on: answer if call.operation == operation else pass_on()


def looked_at(times: int, change: Callable[[dict[str, object]], None]) -> Twist:
    """Rewrite that many answers to BatchGetBuilds."""
    left, lock = [times], threading.Lock()

    def twist(call: Call, pass_on: PassOn) -> Answer:
        answer = pass_on()
        with lock:
            is_hit = call.operation == "BatchGetBuilds" and answer.status == 200 and left[0] > 0
            left[0] -= is_hit
        return answer.rewritten(change) if is_hit else answer

    return twist


def unknown_status(times: int) -> Twist:
    def hibernate(content: dict[str, object]) -> None:
        for build in content["builds"]:  # type: ignore[attr-defined]
            build["buildStatus"] = "HIBERNATED"

    return looked_at(times, hibernate)


def builds_not_found(times: int) -> Twist:
    def lose(content: dict[str, object]) -> None:
        lost = [build["id"] for build in content["builds"]]  # type: ignore[attr-defined]
        content.update(builds=[], buildsNotFound=lost)

    return looked_at(times, lose)


class LateList:
    """Lists do not show a build before they are told to; BatchGetBuilds does."""

    def __init__(self) -> None:
        self.is_late = True

    def __call__(self, call: Call, pass_on: PassOn) -> Answer:
        answer = pass_on()
        if self.is_late and call.operation.startswith("ListBuilds"):
            return Answer(200, json.dumps({"ids": []}).encode(), answer.headers)
        return answer


class ExpiringKeys:
    """Refuses these keys; those who come with others get through."""

    def __init__(self) -> None:
        self.expired: set[str] = set()

    def __call__(self, call: Call, pass_on: PassOn) -> Answer:
        return EXPIRED if call.access_key in self.expired else pass_on()
