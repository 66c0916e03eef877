"""The pages: what a person finds there, and that nothing that a build prints can hurt them."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from sandbox.pages.logs import marked
from sandbox.pages.views import in_words

VOID = ("meta", "link", "br", "rect")
SPEC = """version: 0.2
env:
  exported-variables: [RELEASE_URL]
phases:
  build:
    commands:
      - echo '<script>alert(1)</script> & "quoted"'
      - printf '\\033[31mred\\033[0m\\n'
      - |
        echo two
        exit 3
      - echo never
  post_build:
    commands: ["export RELEASE_URL='https://example.com/?a=1&b=<2>'"]
"""


class Page(HTMLParser):
    """A page's texts by tag, every class's elements, links, and the seconds after which it refreshes."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.status, self.headers = answer.status_code, answer.headers
        self.refresh: str | None = None
        self.tags: list[str] = []
        self.links: dict[str, str] = {}
        self.texts: list[tuple[str, str, str]] = []
        self._open: list[tuple[str, str]] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append(tag)
        if tag == "meta" and attributes.get("http-equiv") == "refresh":
            self.refresh = attributes["content"]
        if tag not in VOID:
            self._open.append((tag, attributes.get("class") or ""))
        if tag == "a":
            self._href = attributes["href"] or ""

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and self._open:
            tags = " ".join(tag for tag, _ in self._open)
            classes = " ".join(each for _, each in self._open)
            self.texts.append((tags, classes, data.strip()))
            if self._open[-1][0] == "a":
                self.links[data.strip()] = self._href

    def of(self, name: str) -> list[str]:
        """The texts inside elements of this tag or class."""
        return [text for tags, classes, text in self.texts if name in f"{tags} {classes}".split()]


@pytest.fixture
def see(sandbox: Any) -> Callable[[str], Page]:
    return lambda path: Page(httpx.get(f"{sandbox.endpoint}{path}"))


@pytest.fixture(scope="module")
def failed(sandbox: Any, build_role: str) -> Any:
    """A build of a commit, with a variable of its own, whose third command fails."""
    repository = sandbox.create_repository({"buildspec.yml": SPEC})
    url = f"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{repository}"
    name = sandbox.create_project(
        build_role, source={"type": "CODECOMMIT", "location": url}, sourceVersion="release"
    )
    variables = [{"name": "RELEASE_KEY", "value": "weekly/<1>"}]
    started = sandbox.client("codebuild").start_build(
        projectName=name, environmentVariablesOverride=variables
    )["build"]
    return sandbox.finished(started["id"])


@pytest.fixture
def running(sandbox: Any, build_role: str) -> Iterator[Any]:
    spec = "version: 0.2\nphases: {build: {commands: [echo so far, sleep 60]}}"
    codebuild = sandbox.client("codebuild")
    started = codebuild.start_build(projectName=sandbox.create_project(build_role, spec))["build"]
    yield sandbox.wait_for(
        lambda: sandbox.build(started["id"]), lambda build: build["currentPhase"] == "BUILD"
    )
    codebuild.stop_build(id=started["id"])


def test_a_failed_build_s_page_leads_to_the_command(failed: Any, see: Callable[[str], Page]) -> None:
    page = see(f"/_sandbox/builds/{quote(failed['id'], safe='')}")
    assert page.status == 200
    assert page.refresh is None
    assert failed["projectName"] in page.of("h1")
    assert "failed" in page.of("h1")
    told = " ".join(page.of("failure"))
    assert told.startswith("BUILD failed COMMAND_EXECUTION_ERROR: Error while executing command: echo two")
    assert told.endswith("Reason: exit status 3 show it in the log")
    assert page.links["show it in the log"] == "#failed"
    log = [text for tags, classes, text in page.texts if "ol" in tags and "time" not in tags.split()]
    assert "Running command echo two\nexit 3" in log
    marked = [text for text in log if text in page.of("failed")]
    assert [text.split(" ")[0] for text in marked] == ["Running", "Command", "Phase"]
    assert marked[0] == "Running command echo two\nexit 3"
    assert "red" in page.of("output")
    assert failed["resolvedSourceVersion"] in page.of("facts")
    assert [text for text in page.of("phases") if text in ("Submitted", "Build", "Finalizing")] == [
        "Submitted",
        "Build",
        "Finalizing",
    ]
    assert page.of("variables") == [
        "RELEASE_URL",
        "https://example.com/?a=1&b=<2>",
        "RELEASE_KEY",
        "weekly/<1>",
    ]


def test_nothing_that_a_build_prints_becomes_part_of_the_page(
    failed: Any, see: Callable[[str], Page]
) -> None:
    page = see(f"/_sandbox/builds/{failed['id']}")
    assert "script" not in page.tags
    assert '<script>alert(1)</script> & "quoted"' in page.of("output")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    missing = see("/_sandbox/builds/" + quote("<img src=x onerror=alert(1)>", safe=""))
    assert missing.status == 404
    assert "img" not in missing.tags
    filtered = see("/_sandbox/builds?project=" + quote("<img src=x>"))
    assert "img" not in filtered.tags
    assert "<img src=x>" in filtered.of("b")


def test_a_running_build_s_page_refreshes_itself(
    running: Any, sandbox: Any, see: Callable[[str], Page]
) -> None:
    path = f"/_sandbox/builds/{running['id']}"
    sandbox.wait_for(lambda: {"log": see(path).of("output")}, lambda shown: "so far" in shown["log"])
    page = see(path)
    assert page.refresh == "2"
    assert "in progress" in page.of("h1")
    assert page.of("failure") == []
    assert see("/_sandbox/builds").refresh == "3"
    sandbox.client("codebuild").stop_build(id=running["id"])
    sandbox.finished(running["id"])
    assert see(path).refresh is None
    assert "stopped" in see(path).of("h1")


def test_the_list_has_every_account_s_builds_newest_first(
    failed: Any, sandbox: Any, trust: Callable[..., Any], see: Callable[[str], Page]
) -> None:
    role = sandbox.create_role("production", trust({"Service": "codebuild.amazonaws.com"}))
    codebuild = sandbox.client("codebuild", "production")
    codebuild.create_project(
        name="listed",
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2\nphases: {build: {commands: [date]}}"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=role,
    )
    ids = [codebuild.start_build(projectName="listed")["build"]["id"] for _ in range(2)]
    page = see("/_sandbox/builds")
    hrefs = re.findall(
        'href="(/_sandbox/builds/[^"]+)"', httpx.get(f"{sandbox.endpoint}/_sandbox/builds").text
    )
    newest = [f"/_sandbox/builds/{quote(each, safe='')}" for each in (*ids[::-1], failed["id"])]
    assert [href for href in hrefs if href in newest] == newest
    assert "production" in page.of("td")
    assert failed["resolvedSourceVersion"][:8] in page.of("code")
    only = see("/_sandbox/builds?project=listed&account=333333333333")
    assert only.of("h1") == ["Builds", "2"]
    assert see("/_sandbox/builds?project=listed&status=FAULT").of("empty") == ["No build is like that."]
    assert see("/_sandbox/builds?project=listed&page=7").of("h1") == ["Builds", "2"]


def test_the_overview_has_everything(failed: Any, sandbox: Any, see: Callable[[str], Page]) -> None:
    sandbox.admin("PUT", "script", json={"builds": [{"project": "no-such-*", "outcome": "HANG", "times": 2}]})
    page = see("/_sandbox/")
    sandbox.admin("DELETE", "script")
    cells = page.of("td")
    assert {"111111111111", "222222222222", "333333333333", "AKIA333333333333ADMN"} <= set(cells)
    assert sandbox.admin("GET", "codecommit").json()["repositories"][0]["name"] in cells
    assert " ".join(page.of("script")) == "Builds of no-such-* end as HANG in BUILD: given 0 times of 2"
    for path in page.links.values():
        assert httpx.get(f"{sandbox.endpoint}{path}").status_code == 200


def test_a_build_without_a_log_says_so(sandbox: Any, build_role: str, see: Callable[[str], Page]) -> None:
    spec = "version: 0.2\nphases: {build: {commands: [date]}}"
    silent = {"cloudWatchLogs": {"status": "DISABLED"}}
    name = sandbox.create_project(build_role, spec, logsConfig=silent)
    build = sandbox.client("codebuild").start_build(projectName=name)["build"]
    sandbox.finished(build["id"])
    page = see(f"/_sandbox/builds/{build['id']}")
    assert page.of("empty") == ["The project's definition switched its log off."]


def test_of_a_long_log_the_end_is_shown(sandbox: Any, run_build: Any, see: Callable[[str], Page]) -> None:
    spec = "version: 0.2\nphases: {build: {commands: ['seq 10500']}}"
    page = see(f"/_sandbox/builds/{run_build(spec)['id']}")
    assert "The end of it; the beginning is in CloudWatch Logs." in page.of("quiet")
    numbers = [text for text in page.of("output") if text.isdigit()]
    assert numbers[-1] == "10500"
    assert 9_900 < len(numbers) < 10_000


def test_the_overview_is_found_without_its_last_slash(sandbox: Any) -> None:
    assert httpx.get(f"{sandbox.endpoint}/_sandbox").headers["Location"] == "/_sandbox/"


def test_a_build_that_is_not_there_is_said(see: Callable[[str], Page]) -> None:
    page = see("/_sandbox/builds/orders:1")
    assert page.status == 404
    assert page.of("h1") == ["No such build"]


def test_the_style_follows_the_reader_s_light_or_dark(sandbox: Any) -> None:
    style = httpx.get(f"{sandbox.endpoint}/_sandbox/style.css")
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "prefers-color-scheme: dark" in style.text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (59.4, "59 s"),
        (59.6, "60 s"),
        (125, "2 min 5 s"),
        (3780, "1 h 3 min"),
    ],
)
def test_durations_are_as_exact_as_a_reader_cares(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_lines_that_say_nothing_are_left_out_and_a_cut_log_is_still_marked() -> None:
    start = "[Container] 2026/11/23 21:00:00.000001 "
    lines = marked(
        [
            f"{start}Command did not exit successfully x exit status 1",
            f"{start}Phase complete: BUILD State: FAULT",
            f"{start}Phase context status code:  Message: ",
            "[Container] is no line of CodeBuild's",
            "\x1b[1;31mred\x1b[0m\x07",
        ]
    )
    assert [(line.kind, line.time) for line in lines] == [
        ("failed", "21:00:00"),
        ("failed", "21:00:00"),
        ("output", ""),
        ("output", ""),
    ]
    assert lines[-1].text == "red"
