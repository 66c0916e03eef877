"""Waiting for a build in the worker, for those who run no triggerer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from release_ops.clients.build_log import FollowedLog
from release_ops.clients.codebuild import ThrottledError
from release_ops.domain.errors import ErroredError
from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.triggers.codebuild import LOOKS_IN_VAIN
from release_ops.triggers.poller import SLOWEST


def wait_here(
    hook: CodeBuildHook,
    build_id: str,
    *,
    new_hook: Callable[[], CodeBuildHook],
    delay: float,
    longest: timedelta,
    log: logging.Logger,
) -> None:
    """Return when the build is over, however it ended, or when `longest` has passed.

    It holds a worker's slot: defer where you can. The build's log is written to `log` as it grows; AWS not
    answering for a while is waited out, with a new hook: the connection may have new credentials by then.
    While AWS throttles, looks come less often."""
    followed, trouble, in_vain, slowness = FollowedLog(), "", 0, 1
    give_up = time.monotonic() + longest.total_seconds()
    while time.monotonic() < give_up and in_vain < LOOKS_IN_VAIN:
        time.sleep(delay * slowness)
        build, said = None, f"CodeBuild does not know build {build_id}"
        try:
            build = hook.builds.get([build_id]).get(build_id)
            in_vain = 0 if build else in_vain + 1
            slowness = 1
        except ThrottledError as error:
            said = f"{error}. The build goes on; looking again"
            slowness = min(slowness * 2, SLOWEST)
        except ErroredError as error:
            said = f"{error}. The build goes on; looking again"
            hook = new_hook()
        if build is None:
            if said != trouble:
                log.warning("%s", said)
            trouble = said
            continue
        trouble = ""
        for line in followed.lines(hook.logs, build):
            log.info("%s", line)
        if not build.status.is_running:
            return
