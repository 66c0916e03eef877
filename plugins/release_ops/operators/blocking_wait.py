"""Waiting for a build in the worker, for those who run no triggerer."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from release_ops.clients.build_log import FollowedLog
from release_ops.domain.errors import ErroredError
from release_ops.hooks.codebuild import CodeBuildHook


def wait_here(
    hook: CodeBuildHook, build_id: str, *, delay: float, longest: timedelta, log: logging.Logger
) -> None:
    """Return when the build is over, however it ended, or when `longest` has passed.

    It holds a worker's slot: defer where you can. The build's log is written to `log` as it grows; AWS not
    answering for a while is waited out."""
    followed, trouble = FollowedLog(), ""
    give_up = time.monotonic() + longest.total_seconds()
    while time.monotonic() < give_up:
        time.sleep(delay)
        try:
            build = hook.builds.get([build_id]).get(build_id)
        except ErroredError as error:
            if str(error) != trouble:
                log.warning("%s. The build goes on; looking again", error)
            trouble = str(error)
            continue
        if build is None:
            return
        for line in followed.lines(hook.logs, build):
            log.info("%s", line)
        if not build.status.is_running:
            return
