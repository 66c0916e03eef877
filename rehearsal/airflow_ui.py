"""What a person does in Airflow's UI, in a real browser. Needs playwright and a chromium.

What a person reads (roles, labels, texts) finds the elements, and Airflow's own test ids where a person sees
only a colour; no style class and no place in a page."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect, sync_playwright

from rehearsal.airflow_settings import User
from rehearsal.errors import RehearsalError

SECONDS_TO_ANSWER = 60
# Debian's chromium as root, on a machine without a GPU, and asking nobody but the server that is tested.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_CHROMIUM = "There is no chromium on PATH; install it with: apt-get install chromium"


class NoChromiumError(RehearsalError):
    """There is no browser to look at the UI with."""


def chromium_path() -> str | None:
    """Return where Debian's chromium is, if it is installed; playwright's own is never downloaded."""
    return shutil.which("chromium")


@contextmanager
def browser_page(*, scale: float = 1) -> Iterator[Page]:
    """Open a page in a browser that has no history, reads English and keeps UTC; close it in the end."""
    chromium = chromium_path()
    if chromium is None:
        raise NoChromiumError(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        try:
            context = browser.new_context(
                color_scheme="light",
                device_scale_factor=scale,
                locale="en-GB",
                reduced_motion="reduce",
                timezone_id="UTC",
                viewport={"width": 1440, "height": 900},
            )
            context.set_default_timeout(SECONDS_TO_ANSWER * 1000)
            yield context.new_page()
        finally:
            browser.close()


class AirflowUi:
    """One person at one browser page."""

    def __init__(self, page: Page, base_url: str, dag_id: str) -> None:
        self.page = page
        self._base_url = base_url
        self._dag_path = f"/dags/{dag_id}"

    def log_in(self, user: User) -> None:
        self.page.goto(self._base_url)
        self.page.get_by_label("Username").fill(user.name)
        self.page.get_by_label("Password").fill(user.password)
        self.page.get_by_role("button", name="Sign in").click()
        # Before the redirect has ended, going to another page would be aborted by it.
        self.page.get_by_role("link", name="Dags", exact=True).wait_for()

    def open_dag(self) -> None:
        self._open(self._dag_path)

    def open_run(self, run_id: str) -> None:
        self._open(self._run_path(run_id))

    def open_graph(self, run_id: str) -> None:
        """Open a run as a graph of its services, with nothing beside it."""
        self.open_run(run_id)
        self.page.get_by_role("button", name="Show Graph").click()
        self.page.get_by_role("button", name="Collapse Details Panel").click()
        self.page.get_by_role("button", name="Fit View").click()

    def show_grid(self) -> None:
        """Take the graph away again: the UI shows it on all pages from then on."""
        self.page.get_by_role("button", name="Show Grid").click()

    def open_service(self, run_id: str, service: str) -> None:
        """Open the page of a service's task group: a table of its tasks."""
        self._open(f"{self._run_path(run_id)}/tasks/group/{service}")

    def open_task(self, run_id: str, task_id: str) -> None:
        self._open(f"{self._run_path(run_id)}/tasks/{task_id}")
        self._heading(task_id).wait_for()

    def expect_state(self, task_id: str, state: str, *, seconds: float = SECONDS_TO_ANSWER) -> None:
        """Wait until the open task's page shows a state, in the UI's words."""
        # Beside the heading: tries before this one have badges of their own further down.
        badge = self._heading(task_id).locator("..").get_by_test_id("state-badge")
        expect(badge).to_have_text(state, timeout=seconds * 1000)

    def expect_row(self, task_id: str, state: str, *, seconds: float = SECONDS_TO_ANSWER) -> None:
        """Wait until the open table of tasks shows a task's state."""
        link = self.page.get_by_role("link", name=task_id, exact=True)
        row = self.page.get_by_role("row").filter(has=link)
        expect(row.get_by_test_id("state-badge")).to_have_text(state, timeout=seconds * 1000)

    def expect_note(self, note: str) -> None:
        expect(self.page.get_by_text(note, exact=True)).to_be_visible()

    def fill_in_mark_failed(self, note: str) -> None:
        """Open the dialog that marks the open task failed, and write the note; `confirm` sends it."""
        self.page.get_by_role("button", name="Mark Task Instance as...").click()
        self.page.get_by_role("menuitem", name="Failed").click()
        expect(self._dialog.get_by_text("Affected Tasks: 1")).to_be_visible()
        self._dialog.get_by_role("button", name="Note", exact=True).click()
        self._dialog.get_by_text("Add a note...").click()
        self._dialog.get_by_role("textbox").fill(note)

    def fill_in_clear(self) -> None:
        """Open the dialog that clears the open task with all that follows it; `confirm` sends it."""
        self.page.get_by_role("button", name="Press shift+c to clear").click()
        # The dialog comes with Downstream chosen; were it not so, only one task would be affected.
        expect(self._dialog.get_by_text(re.compile(r"Affected Tasks: ([2-9]|\d\d)"))).to_be_visible()

    def confirm(self) -> None:
        self._dialog.get_by_role("button", name="Confirm").click()
        self._dialog.wait_for(state="hidden")

    def fill_in_trigger(self, *services: str) -> None:
        """Open the Trigger form from the DAG's page and pick services; the list stays open."""
        self.page.get_by_role("button", name="Trigger Dag").click()
        picked = self._dialog.get_by_role("combobox")
        for service in services:
            picked.click()
            self.page.get_by_role("option", name=service, exact=True).click()
        picked.click()

    def wrap_log(self) -> None:
        """Let the open task's log break its lines at the edge of the page."""
        self.page.get_by_role("button", name="Log Settings").click()
        self.page.get_by_test_id("log-settings-wrap").click()

    def fold(self, text: str) -> None:
        """Fold the part of the open task's log whose first line has this text."""
        self.page.get_by_role("code").get_by_text(text).click()

    @property
    def _dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def _heading(self, task_id: str) -> Locator:
        return self.page.get_by_role("heading", name=task_id, exact=True)

    def _run_path(self, run_id: str) -> str:
        # As the UI's own links have it; it does not recognise its tabs in an address that is quoted more.
        return f"{self._dag_path}/runs/{quote(run_id, safe=':+')}"

    def _open(self, path: str) -> None:
        self.page.goto(f"{self._base_url}{path}")
