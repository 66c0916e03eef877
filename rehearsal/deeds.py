"""What people do while a release is on its way, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rehearsal.platform import commit
from rehearsal.samples import SAMPLES, Edit, edited
from rehearsal.stack import Stack
from release_ops.config import Catalog

DAG = "weekly_release"
# On a busy machine a soak may be over before its task gets to wait for it.
IN_PROGRESS = frozenset({"queued", "running", "deferred"})


class Moment(Protocol):
    def has_come(self, states: Mapping[str, str | None]) -> bool:
        """Tell from the states of the release's tasks; before it is triggered there are none."""


@dataclass(frozen=True)
class When:
    """The moment at which a task is in one of some states for the first time."""

    task_id: str
    states: frozenset[str]

    def has_come(self, states: Mapping[str, str | None]) -> bool:
        return states.get(self.task_id) in self.states

    def __str__(self) -> str:
        return f"{self.task_id} is {' or '.join(sorted(self.states))}"


@dataclass(frozen=True)
class BeforeTheCut:
    """The days before the release, whose commits it takes."""

    def has_come(self, states: Mapping[str, str | None]) -> bool:
        return not states

    def __str__(self) -> str:
        return "nothing has been cut"


@dataclass
class Scene:
    """Where deeds are done."""

    stack: Stack
    catalog: Catalog
    run_id: str = ""
    commits: "dict[Commit, str]" = field(default_factory=dict)
    """The id of each commit that the story's people have made."""


class Deed(Protocol):
    @property
    def service(self) -> str:
        """The service that it is about."""

    def do(self, scene: Scene) -> str:
        """Do it, and return the sentence that tells of it."""


@dataclass(frozen=True)
class MarkFailed:
    """A person marks a task failed in the UI, with a note that says why."""

    task_id: str
    note: str
    user: str = "tester"

    @property
    def service(self) -> str:
        return service_of(self.task_id)

    def do(self, scene: Scene) -> str:
        with scene.stack.api(self.user) as airflow:
            airflow.mark(DAG, scene.run_id, self.task_id, state="failed", note=self.note)
        return str(self)

    def __str__(self) -> str:
        return f"{self.user} marks {self.task_id} failed, with the note: {self.note}"


@dataclass(frozen=True)
class Clear:
    """A person clears a task in the UI, with all that follows it."""

    task_id: str
    user: str = "tester"

    @property
    def service(self) -> str:
        return service_of(self.task_id)

    def do(self, scene: Scene) -> str:
        with scene.stack.api(self.user) as airflow:
            cleared = airflow.clear(DAG, scene.run_id, [self.task_id], downstream=True)
        return f"{self}: {len(cleared)} tasks run again"

    def __str__(self) -> str:
        return f"{self.user} clears {self.task_id} with downstream"


@dataclass(frozen=True)
class Commit:
    """A developer puts a commit onto the branch of a sample service; its edits are of the sample's files."""

    service: str
    message: str
    edits: tuple[Edit, ...]
    author: str = "Noor Haddad"

    def do(self, scene: Scene) -> str:
        made = commit(
            scene.stack.sandbox_url,
            scene.catalog,
            self.service,
            self.message,
            edited(SAMPLES / self.service, self.edits),
            author=self.author,
        )
        scene.commits[self] = made
        paths = ", ".join(dict.fromkeys(edit.path for edit in self.edits))
        return f"{self}; it is {made[:9]}, and changes {paths}"

    def __str__(self) -> str:
        return f"{self.author} commits to {self.service}: {self.message}"


@dataclass(frozen=True)
class Act:
    when: Moment
    deed: Deed


def due(acts: list[Act], states: Mapping[str, str | None]) -> Act | None:
    """Return the next act whose moment has come.

    Acts about one service happen in their order; those about another do not wait for them."""
    waiting: set[str] = set()
    for act in acts:
        service = act.deed.service
        if service not in waiting and act.when.has_come(states):
            return act
        waiting.add(service)
    return None


def service_of(task_id: str) -> str:
    return task_id.partition(".")[0]
