"""One build per key, whichever instruction a task's process is killed at: never two, never none.

The short form is part of `make test`, the long one (TORTURE=long) of `make torture`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from torture_form import IS_LONG, ROW, SEED

HARNESS = Path(__file__).with_name("harness.py")
KEYS_PER_PROJECT = 10
AT_ONCE = 2
HARMS = ("duplicated", "lost", "younger_adopted", "raised")

LAG = ("--lag", "30")
TWO = ("--executors", "2")
SHORT = [pytest.param("one executor", 1_000, (), id="1,000 keys")]
LONG = [
    pytest.param("one executor", 10_000, (), id="10,000 keys"),
    pytest.param("one executor, list 30 s behind", 5_000, LAG, id="5,000 keys, list lag"),
    pytest.param("two live executors, list 30 s behind", 5_000, (*TWO, *LAG), id="5,000 keys, two executors"),
]


def torment(keys: int, *options: str, seed: int = SEED) -> dict[str, Any]:
    """Run the harness in a few processes at once; return the sum of what they counted."""
    projects = keys // KEYS_PER_PROJECT
    bounds = [projects * part // AT_ONCE for part in range(AT_ONCE + 1)]

    def run(part: int) -> dict[str, Any]:
        command = [
            *(sys.executable, str(HARNESS), "--seed", str(seed)),
            *("--projects", f"{bounds[part]}:{bounds[part + 1]}", *options),
        ]
        # Generous: a machine may be busy. What takes longer does not end by itself.
        ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=120 + keys)
        assert ended.returncode == 0, f"{' '.join(command)} ended with {ended.returncode}"
        counted: dict[str, Any] = json.loads(ended.stdout)
        return counted

    with ThreadPoolExecutor(AT_ONCE) as pool:
        first, *others = pool.map(run, range(AT_ONCE))
    seconds = max(each["seconds"] for each in (first, *others))
    return {name: sum((each[name] for each in others), first[name]) for name in first} | {"seconds": seconds}


@pytest.mark.parametrize(("what", "keys", "options"), LONG if IS_LONG else SHORT)
def test_every_key_has_one_build_and_it_is_recorded(
    what: str, keys: int, options: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    counted = torment(keys, *options)
    harmed = {name: counted[name] for name in HARMS if counted[name]}
    struck = counted["kills"] + counted["standstills"]
    record_property(ROW, [what, f"{keys} keys", struck, harmed or "nothing", counted["seconds"]])
    assert harmed == {}, f"p17-3 is replayed by: {HARNESS} --seed {SEED} --projects 17:18 {' '.join(options)}"
    assert counted["keys"] == keys
    assert struck >= keys


@pytest.mark.parametrize("half", ["intent", "marker"])
def test_the_harness_sees_what_half_of_the_protocol_leaves_open(half: str) -> None:
    assert torment(100, "--without", half, seed=7)["duplicated"] != []


def test_of_two_live_executors_the_younger_build_is_stopped_and_never_adopted() -> None:
    counted = torment(100, *TWO, *LAG, seed=7)
    assert {name: counted[name] for name in HARMS if counted[name]} == {}
    # Else there never was a younger one, and this would prove nothing.
    assert counted["stopped_builds"] > 0
