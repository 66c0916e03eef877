"""Kills tasks at random instructions until each of many keys has its build; counts duplicates and losses.

    python tests/torture/harness.py --seed 7 --projects 0:100 [--executors 2] [--lag 30] [--without marker]

prints one JSON object. A project has ten keys, one release after the other. All that chance decides follows
from the seed and the project's number: p17-3 is replayed by the same seed with `--projects 17:18`."""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tasks import COMMIT, PROJECT, Blow, End, Place, Records, start, wait_for

KEYS_PER_PROJECT = 10
GAPS = (10, 400)
"""Seconds until the next try: while the idempotency token holds (five minutes), and after."""
AN_HOUR = 3600
OTHERS = (0, 0, 3, 7)
"""How many builds for another region begin meanwhile; a page of the list holds five."""

INSTRUCTIONS_OF_A_REQUEST = 40


@dataclass
class Tally:
    """What became of the keys, those by name that came to harm."""

    keys: int = 0
    tries: int = 0
    kills: int = 0
    standstills: int = 0
    stopped_builds: int = 0
    raised: int = 0
    duplicated: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    younger_adopted: list[str] = field(default_factory=list)


@dataclass
class Torment:
    """One project through its keys, one after another."""

    place: Place
    chance: random.Random
    executors: int
    tally: Tally
    others: int = 0
    length: int = 0
    """How many instructions an undisturbed first try has."""
    requests: list[int] = field(default_factory=list)
    """At which of them it asks AWS something."""

    def __post_init__(self) -> None:
        self.wire = self.place.wire()

    def run(self, *, lag: timedelta) -> None:
        self._begin_others(max(OTHERS))
        self._rest()
        assert wait_for(start(self.place, "undisturbed", Blow())) is End.DEFERRED
        self.length, self.requests = self.wire.world("last_noted")
        self._rest()
        self.wire.world("set_lag", lag=lag)
        for number in range(KEYS_PER_PROJECT):
            run = f"{self.place.world}-{number}"
            self._one(run)
            self._judge(run)
            self._rest()

    def _one(self, run: str) -> None:
        """Strike at the run's first try, and at some that follow, until one comes to its end."""
        strikes = 1 + int(self.chance.expovariate(1.0))
        while True:
            struck, strikes = strikes > 0, strikes - 1
            if struck and self.executors == 2:
                self._two_at_once(run)
                continue
            end = self._wait_for(self._start(run, self._blow() if struck else Blow()))
            if end is End.FINISHED:
                return
            if end is End.DEFERRED:
                self.wire.world("end_running", status="SUCCEEDED")
            else:
                self._until_the_next_try()

    def _two_at_once(self, run: str) -> None:
        """Let one executor stand still somewhere, others take its try up, and it go on in the end."""
        first = self._start(run, self._blow(signal.SIGSTOP))
        if self._wait_for(first) is End.STANDS_STILL:
            self._until_the_next_try()
            self._wait_for(self._start(run, self._blow() if self.chance.random() < 0.5 else Blow()))
            self._until_the_next_try()
            beside = [self._start(run, Blow())] if self.chance.random() < 0.5 else []
            os.kill(first, signal.SIGCONT)
            for pid in (first, *beside):
                self._wait_for(pid)
        self._until_the_next_try()

    def _start(self, run: str, blow: Blow) -> int:
        self.tally.tries += 1
        return start(self.place, run, blow)

    def _wait_for(self, pid: int) -> End:
        end = wait_for(pid)
        self.tally.kills += end is End.KILLED
        self.tally.standstills += end is End.STANDS_STILL
        self.tally.raised += end is End.RAISED
        return end

    def _blow(self, number: signal.Signals = signal.SIGKILL) -> Blow:
        """Return one at any instruction; every second time just before or after a request is sent."""
        if self.chance.random() < 0.5:
            return Blow(self.chance.randint(1, self.length), number)
        return Blow(
            self.chance.choice(self.requests) + self.chance.randint(1, INSTRUCTIONS_OF_A_REQUEST), number
        )

    def _until_the_next_try(self) -> None:
        gap, others = self.chance.choice(GAPS), self.chance.choice(OTHERS)
        if self.place.without:  # each half makes up for the other, but for what is old and buried
            gap, others = AN_HOUR, max(OTHERS)
        self.wire.world("pass_time", by=timedelta(seconds=gap / 2))
        self._begin_others(others)
        self.wire.world("pass_time", by=timedelta(seconds=gap / 2))

    def _begin_others(self, count: int) -> None:
        for _ in range(count):
            self.others += 1
            request = {
                "projectName": PROJECT,
                "sourceVersion": COMMIT,
                "idempotencyToken": f"other-{self.others}",
                "environmentVariablesOverride": [{"name": "RELEASE_REGION", "value": "us-east-1"}],
            }
            self.wire.call("codebuild", "start_build", request)

    def _rest(self) -> None:
        """Until the next release: every build is over, and older than any look-up goes back."""
        self.wire.world("end_running", status="SUCCEEDED")
        self.wire.world("pass_time", by=timedelta(hours=1))

    def _judge(self, run: str) -> None:
        """Count one key at its end: exactly one build at AWS that nobody stopped, and that one recorded."""
        self.tally.keys += 1
        records = Records(self.wire, run)
        intent = records.intent()
        recorded = records.build_id(intent)
        builds = [build for build in self.wire.world("all_builds") if marker(build) == intent.key]
        going = [build["id"] for build in builds if build["buildStatus"] != "STOPPED"]
        self.tally.stopped_builds += len(builds) - len(going)
        if len(going) > 1:
            self.tally.duplicated.append(run)
        if recorded not in going or records.result(intent) is None:
            self.tally.lost.append(run)
        elif recorded != builds[0]["id"]:
            self.tally.younger_adopted.append(run)


def marker(build: dict[str, Any]) -> str:
    variables = {each["name"]: each["value"] for each in build["environment"]["environmentVariables"]}
    return variables.get("RELEASE_KEY", "")


@contextmanager
def virtual_aws() -> Iterator[str]:
    """Run the AWS that tasks share; give its address."""
    with tempfile.TemporaryDirectory(prefix="torture-") as directory:
        address = Path(directory) / "aws"
        program = Path(__file__).with_name("virtual_aws.py")
        with subprocess.Popen([sys.executable, str(program), str(address)]) as process:
            try:
                while not address.exists():
                    assert process.poll() is None, "the virtual AWS did not start"
                    time.sleep(0.02)
                yield str(address)
            finally:
                process.terminate()


def main() -> None:
    asked = arguments()
    began = time.monotonic()
    tally = Tally()
    with virtual_aws() as address:
        gc.freeze()  # or every fork would copy what its collector touches
        for project in asked.projects:
            place = Place(address, f"p{project}", asked.without)
            chance = random.Random(f"{asked.seed}/{project}")  # noqa: S311 - repeatable, not secret
            Torment(place, chance, asked.executors, tally).run(lag=timedelta(seconds=asked.lag))
    print(json.dumps({**asdict(tally), "seconds": round(time.monotonic() - began, 1)}))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--projects", type=numbers, required=True, help="from:to, ten keys each")
    parser.add_argument("--executors", type=int, default=1, choices=(1, 2))
    parser.add_argument("--lag", type=float, default=0, help="seconds until ListBuilds shows a new build")
    parser.add_argument("--without", default="", choices=("", "intent", "marker"))
    return parser.parse_args()


def numbers(text: str) -> range:
    first, _, end = text.partition(":")
    return range(int(first), int(end))


if __name__ == "__main__":
    main()
