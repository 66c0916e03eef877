"""What an account and a project may have at once.

https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html and builds-working.html"""

from collections.abc import Mapping
from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.codebuild.queue import Queue

# UpdateProject: "To remove this limit, set this value to -1."
NO_LIMIT = -1


def check_concurrent_build_limit(limit: int | None, account_limit: int) -> None:
    """Refuse a project's limit that AWS refuses, in AWS's words.

    https://github.com/hashicorp/terraform-provider-aws/pull/37748"""
    if limit is None or limit == NO_LIMIT:
        return
    if limit < 1:
        raise AwsError(
            "InvalidInputException", "Project-level concurrent build limit must be a positive number"
        )
    if limit > account_limit:
        raise AwsError(
            "InvalidInputException",
            "Project-level concurrent build limit cannot exceed the account-level concurrent build limit of "
            f"{account_limit}.",
        )


def check_queue(queue: Queue, place: tuple[str, str]) -> None:
    """The words are AWS's: https://github.com/aws-samples/aws-gateway-load-balancer-suricata-ids-ips-nsm/issues/12"""
    if queue.is_full(place):
        raise AwsError(
            "AccountLimitExceededException",
            f"Cannot have more than {queue.capacity} builds in queue for the account",
        )


def check_active_builds(project: Mapping[str, Any], active: int) -> None:
    """With a limit of its own, a project's builds do not queue: "builds return an error"."""
    limit = project.get("concurrentBuildLimit")
    if limit is not None and active >= limit:
        raise AwsError(
            "AccountLimitExceededException", f"Cannot have more than {limit} active builds for the project"
        )


def check_project_count(count: int, most: int) -> None:
    if count >= most:
        raise AwsError("AccountLimitExceededException", f"Cannot have more than {most} build projects")
