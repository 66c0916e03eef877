"""Git, as the sandbox runs it: local bare repositories behind CodeCommit's own URLs."""

import os
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path


class GitError(Exception):
    """Git refused; the message is git's own."""


def git(
    repository: Path,
    *arguments: str,
    given: bytes | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run one git command and return what it printed."""
    printed = git_bytes(repository, *arguments, given=given, environment=environment)
    return printed.decode(errors="replace").rstrip("\n")


def git_bytes(
    repository: Path,
    *arguments: str,
    given: bytes | None = None,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """Run one git command and return the very bytes that it printed."""
    run = subprocess.run(
        ["git", *arguments],
        cwd=repository,
        input=given,
        stdin=None if given is not None else subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={**own_environment(repository), **(environment or {})},
    )
    if run.returncode:
        raise GitError(run.stderr.decode(errors="replace").strip() or f"git {arguments[0]} failed")
    return run.stdout


def own_environment(repository: Path) -> dict[str, str]:
    """What git is told when the sandbox itself runs it: nothing of the person who started it."""
    return {"PATH": os.environ["PATH"], "HOME": str(repository), **_QUIET}


_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}


def clone_url(region: str, name: str) -> str:
    return f"https://git-codecommit.{region}.amazonaws.com/v1/repos/{name}"


def codecommit_environment(codecommit: Path, account: str) -> dict[str, str]:
    """Make git resolve CodeCommit's own URLs to this account's local repositories.

    An account sees only its own: CodeBuild can read CodeCommit of its own account alone."""
    regions = sorted(folder for folder in (codecommit / account).glob("*") if folder.is_dir())
    environment = {**_QUIET, "GIT_CONFIG_COUNT": str(len(regions))}
    for index, folder in enumerate(regions):
        environment[f"GIT_CONFIG_KEY_{index}"] = f"url.file://{folder}/.insteadOf"
        environment[f"GIT_CONFIG_VALUE_{index}"] = clone_url(folder.name, "")
    return environment


def codecommit_over_http(codecommit: Path, account: str, port: int, access_key: str) -> dict[str, str]:
    """The same by way of the sandbox's front door, where permissions are checked: as this key, whatever
    credentials a command takes later. CodeBuild's own helper gives git the service role's, too."""
    basic = b64encode(f"{access_key}:any".encode()).decode()
    settings: list[tuple[str, str]] = []
    for folder in sorted(folder for folder in (codecommit / account).glob("*") if folder.is_dir()):
        host = f"http://git-codecommit.{folder.name}.amazonaws.com.localhost:{port}"
        settings.append((f"url.{host}/v1/repos/.insteadOf", clone_url(folder.name, "")))
        settings.append((f"http.{host}/.extraHeader", f"Authorization: Basic {basic}"))
    environment = {**_QUIET, "GIT_CONFIG_COUNT": str(len(settings))}
    for index, (key, value) in enumerate(settings):
        environment |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return environment
