"""The command behind `make demo`."""

import json
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rehearsal.checkout_lock import only_rehearsal_in
from rehearsal.demo import Demo, Ending
from rehearsal.errors import RehearsalError
from rehearsal.interruption import Interrupted, finish_undisturbed, raise_when_asked_to_stop
from rehearsal.platform import seed
from rehearsal.platform.aws import SECRET
from rehearsal.ports import SANDBOX, UI, Ports
from rehearsal.production import Live
from rehearsal.samples import SAMPLES
from rehearsal.stack import Stack
from rehearsal.stories import DEFAULT_STORY, STORIES, Story
from rehearsal.supervision import CHECKOUT
from rehearsal.timings import Timings
from release_ops.config import Catalog, CatalogError, load_catalog

RUN = CHECKOUT / ".run"
CATALOG = CHECKOUT / "config" / "services.yaml"
MINUTES_AT_MOST = 20.0
WIDTH_OF_A_LOG = 140

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def port_or_auto(text: str) -> int | None:
    """Return a port, or None for any that is free."""
    if text == "auto":
        return None
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise typer.BadParameter(f"{text!r} is no port; write a number up to 65535, or auto")
    return int(text)


def new_file(path: Path | None) -> Path | None:
    """Return a path that can be written at the end; what an earlier rehearsal wrote there is gone."""
    if path is not None:
        if not path.absolute().parent.is_dir():
            raise typer.BadParameter(f"there is no folder {path.absolute().parent}")
        path.unlink(missing_ok=True)
    return path


def known_story(name: str) -> str:
    if name not in STORIES:
        raise typer.BadParameter(f"there is no story {name!r}; choose from: {', '.join(STORIES)}")
    return name


@app.command()
def demo(  # noqa: PLR0913 - a parameter for each option of the command
    story: Annotated[
        str, typer.Option(callback=known_story, help="What happens on the way.")
    ] = DEFAULT_STORY,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, callback=new_file, help="Write the outcome here, as JSON.")
    ] = None,
    port: Annotated[str, typer.Option(help="Where Airflow's UI listens; or auto.")] = str(UI),
    sandbox_port: Annotated[str, typer.Option(help="Where the sandbox listens; or auto.")] = str(SANDBOX),
    exits: Annotated[bool, typer.Option("--exit", help="Stop by itself when the release is over.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Stay up after the end, even so.")] = False,
    timings: Annotated[bool, typer.Option("--timings", help="Say where the seconds went.")] = False,
) -> None:
    """Rehearse a release on this machine: Airflow, an AWS and a Google Play to break."""
    raise_when_asked_to_stop()
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        # A log has no width; 80 columns would break every sentence.
        console.width = WIDTH_OF_A_LOG
    asked_for = {"api": port_or_auto(port), "sandbox": port_or_auto(sandbox_port)}
    # First of all, or the other rehearsal would look like any program that is in the way.
    with only_rehearsal_in(RUN):
        catalog = load_catalog(CATALOG)
        stack = sample_stack(catalog, STORIES[story], Ports.choose(**asked_for), console)
        ending = rehearse(stack, catalog, STORIES[story], console, out=out, stays_up=keep or not exits)
        if timings:
            console.print(timing_table(stack.timings))
            spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in stack.cpu_seconds.items())
            console.print(f"Processor time: {spent}")
    raise typer.Exit(1 if ending.surprises else 0)


def sample_stack(catalog: Catalog, story: Story, ports: Ports, console: Console) -> Stack:
    """Return the stack of the sample platform, in a folder that is empty again."""
    directory = RUN / "demo"
    shutil.rmtree(directory, ignore_errors=True)
    return Stack(
        directory,
        dags_folder=CHECKOUT / "dags",
        seed=lambda endpoint: seed(endpoint, catalog, SAMPLES).connections,
        ports=ports,
        environment={"RELEASE_OPS_TIME_SCALE": str(story.time_scale)},
        tell=lambda sentence: console.print(sentence, style="yellow"),
    )


def rehearse(
    stack: Stack, catalog: Catalog, story: Story, console: Console, *, out: Path | None, stays_up: bool
) -> Ending:
    console.print("Starting the sandbox and Airflow; this takes about half a minute ...")
    with stack:
        try:
            announce(stack, catalog, console)
            ending = Demo(stack, catalog, story, console, MINUTES_AT_MOST * 60).play()
            show(ending, story, console)
            if out is not None:
                out.write_text(json.dumps(ending.as_json, indent=2) + "\n")
            if stays_up:
                stay_up(stack, catalog, ending.live, console)
        finally:
            finish_undisturbed()
            console.print("Stopping everything ...")
    return ending


def announce(stack: Stack, catalog: Catalog, console: Console) -> None:
    admin, tester = stack.users["admin"], stack.users["tester"]
    dev = catalog.environments["dev"]
    repositories = stack.sandbox_state / "codecommit" / dev.account / dev.home_region
    console.print(
        f"Airflow's UI:  {stack.url}  log in as admin, password {admin.password}\n"
        f"                 or as tester, password {tester.password} (may mark and clear)\n"
        f"The sandbox:   {stack.sandbox_url}  an AWS and a Google Play\n"
        f"Its builds:    {stack.sandbox_url}/_sandbox/builds  with their logs\n"
        f"Repositories:  git clone '{repositories}/NAME.git'; a push is a commit that the next cut takes\n"
        f"Logs:          {stack.logs}",
        soft_wrap=True,
    )


def show(ending: Ending, story: Story, console: Console) -> None:
    console.print(live_table(ending.live))
    for happening in ending.chronicle:
        when = "before" if happening.seconds is None else f"{happening.seconds:.0f} s"
        console.print(f"{when:>6}: {happening.sentence}", soft_wrap=True)
    for service, reasons in ending.verdict.held.items():
        console.print(f"{service} was held: {'; '.join(reasons)}", soft_wrap=True)
    left_out = f", {len(ending.verdict.left_out)} left out" if ending.verdict.left_out else ""
    console.print(
        f"{len(ending.verdict.promoted)} promoted, {len(ending.verdict.held)} held{left_out}; "
        f"the run ended as {ending.run_state} after {ending.seconds:.0f} s.",
    )
    for surprise in ending.surprises:
        console.print(f"Not as expected: {surprise}", style="bold red", soft_wrap=True)
    if not ending.surprises:
        console.print(story.why, soft_wrap=True)
        console.print("All came as expected.", style="green")


def live_table(live: list[Live]) -> Table:
    table = Table(title="Live in production", title_justify="left")
    for column in ("service", "where", "commit", "what it changed", "since (UTC)"):
        table.add_column(column)
    for each in live:
        commit = " ".join(part for part in (each.commit[:9], each.version and f"({each.version})") if part)
        since = f"{each.since.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if each.since else ""
        table.add_row(each.service, each.where, commit or "nothing", each.subject, since)
    return table


def timing_table(timings: Timings) -> Table:
    table = Table(title="Where the seconds went", title_justify="left")
    table.add_column("step")
    table.add_column("began at", justify="right")
    table.add_column("took", justify="right")
    for step in timings.steps:
        table.add_row(step.name, f"{step.began:.1f} s", f"{step.seconds:.1f} s")
    return table


def stay_up(stack: Stack, catalog: Catalog, live: list[Live], console: Console) -> None:
    """Keep all running until somebody asks to stop, which is no failure."""
    home = catalog.environments["dev"].home_region
    lines = [f"export AWS_ENDPOINT_URL={stack.sandbox_url} AWS_REGION={home} AWS_DEFAULT_REGION={home}"]
    lines += [
        f"export AWS_ACCESS_KEY_ID=AKIA{environment.account}ADMN AWS_SECRET_ACCESS_KEY={SECRET}  # {name}"
        for name, environment in catalog.environments.items()
    ]
    console.print("Everything stays up until Ctrl-C. To look into an account with aws or boto3:")
    console.out("\n".join(lines))
    addresses = [f"{each.url}  # {each.service} in {each.where}" for each in live if each.url]
    if addresses:
        console.print("What was deployed answers here:")
        console.out("\n".join(addresses))
    try:
        while True:
            stack.check()
            time.sleep(1)
    except Interrupted:
        return


def main(command: Callable[[], object] = app) -> None:
    """Run a command; a mistake or a stop ends in a sentence and a status, never in a trace."""
    try:
        command()
    except (RehearsalError, CatalogError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except Interrupted as interrupted:
        print(f"Stopped by {interrupted}.", file=sys.stderr)
        sys.exit(interrupted.exit_status)
