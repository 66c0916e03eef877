"""`python -m rehearsal.screenshots`: the README's pictures, taken while the veto story is played."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Page
from rich.console import Console

from rehearsal.airflow_ui import AirflowUi, browser_page
from rehearsal.command import CATALOG, MINUTES_AT_MOST, main
from rehearsal.deeds import DAG, Deed, MarkFailed
from rehearsal.demo import Demo
from rehearsal.errors import RehearsalError
from rehearsal.interruption import raise_when_asked_to_stop
from rehearsal.platform import seed
from rehearsal.samples import SAMPLES
from rehearsal.stack import Stack
from rehearsal.stories import STORIES
from rehearsal.supervision import CHECKOUT
from release_ops.config import load_catalog
from release_ops.plan.steps import RELEASE_VERDICT

IMAGES = CHECKOUT / "docs" / "images"
# A README shows a picture at half of its width or less: a small window, in more pixels, stays readable.
SCALE = 1.25
STILL_MILLISECONDS = 1000

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Camera:
    """Takes pictures of one page into one folder."""

    page: Page
    folder: Path

    def frame(self, width: int, height: int) -> None:
        """Set the size of the window; before a page is opened, for some of it is laid out only once."""
        self.page.set_viewport_size({"width": width, "height": height})

    def take(self, name: str) -> None:
        # The graph and the grid move to their new places by script, which says nowhere that it is done.
        self.page.wait_for_timeout(STILL_MILLISECONDS)
        self.page.screenshot(path=self.folder / f"{name}.png")


@dataclass(kw_only=True)
class PicturedDemo(Demo):
    """A release whose people act in the UI, before a camera."""

    ui: AirflowUi
    camera: Camera

    def do(self, deed: Deed) -> str:
        """Mark the task failed as a person does: during the soak, in the dialog, with a note."""
        if not isinstance(deed, MarkFailed):
            return super().do(deed)
        run_id, service = self.scene.run_id, deed.service
        self.camera.frame(1440, 960)
        self.ui.open_service(run_id, service)
        self.ui.expect_row(f"{service}.soak", "Deferred")
        self.camera.take("veto-1-soak")
        self.camera.frame(1280, 640)
        self.ui.open_task(run_id, deed.task_id)
        self.ui.fill_in_mark_failed(deed.note)
        self.camera.take("veto-2-mark-failed")
        self.ui.confirm()
        self.ui.expect_state(deed.task_id, "Failed")
        return f"{deed.user} marked {deed.task_id} failed, with the note: {deed.note}"

    def show_what_was_held(self, run_id: str) -> None:
        self.camera.frame(1280, 640)
        self.ui.open_graph(run_id)
        self.camera.take("veto-3-held")
        self.camera.frame(1280, 720)
        self.ui.open_task(run_id, RELEASE_VERDICT)
        self.ui.show_grid()
        self.ui.wrap_log()
        # Its frames name folders of the machine that took the picture.
        self.ui.fold("AirflowFailException")
        self.camera.take("veto-4-verdict")

    def clear(self, task_id: str, run_id: str) -> None:
        """Clear a task with what follows it, and wait until the release has gone out."""
        self.camera.frame(1280, 800)
        self.ui.open_task(run_id, task_id)
        self.ui.fill_in_clear()
        self.camera.take("veto-5-clear")
        self.ui.confirm()
        self.ui.expect_state(task_id, "Success", seconds=self.seconds_at_most)
        with self.stack.api() as airflow:
            state = airflow.wait_for_run(DAG, run_id, seconds=self.seconds_at_most)["state"]
        if state != "success":
            raise RehearsalError(f"{run_id} is {state} after {task_id} was cleared; see {self.stack.logs}")
        self.camera.frame(1280, 640)
        self.ui.open_graph(run_id)
        self.camera.take("veto-6-out")

    def show_trigger_form(self, *services: str) -> None:
        self.camera.frame(1280, 880)
        self.ui.open_dag()
        self.ui.show_grid()
        self.ui.fill_in_trigger(*services)
        self.camera.take("trigger")


def take_pictures(folder: Path, console: Console) -> None:
    """Play the veto story to its end, and beyond: until what was held is out."""
    story = STORIES["veto"]
    catalog = load_catalog(CATALOG)
    with (
        # First: without a browser nothing else needs to start.
        browser_page(scale=SCALE) as page,
        tempfile.TemporaryDirectory() as directory,
        Stack(
            Path(directory),
            dags_folder=CHECKOUT / "dags",
            seed=lambda endpoint: seed(endpoint, catalog, SAMPLES).connections,
            environment={"RELEASE_OPS_TIME_SCALE": str(story.time_scale)},
        ) as stack,
    ):
        ui = AirflowUi(page, stack.url, DAG)
        (deed,) = (act.deed for act in story.acts if isinstance(act.deed, MarkFailed))
        ui.log_in(stack.users[deed.user])
        demo = PicturedDemo(
            stack, catalog, story, console, MINUTES_AT_MOST * 60, ui=ui, camera=Camera(page, folder)
        )
        ending = demo.play()
        if ending.surprises:
            raise RehearsalError("\n".join(ending.surprises))
        demo.show_what_was_held(ending.verdict.run_id)
        demo.clear(deed.task_id, ending.verdict.run_id)
        demo.show_trigger_form("orders", "payments")


@app.command()
def screenshots(
    out: Annotated[Path, typer.Option(file_okay=False, help="The folder for the pictures.")] = IMAGES,
) -> None:
    """Take the README's pictures of a veto in Airflow's UI; needs Debian's chromium."""
    raise_when_asked_to_stop()
    out.mkdir(parents=True, exist_ok=True)
    take_pictures(out, Console())
    print(f"The pictures are in {out}")


if __name__ == "__main__":
    main(app)
