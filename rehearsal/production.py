"""What is live in production, asked of production itself: its functions, its pages, its track on Play."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from botocore.exceptions import ClientError

from rehearsal.platform.aws import Aws
from release_ops.config import Catalog, Kind, Service
from release_ops.plan.steps import PRODUCTION

# samples/courier/ci/version.sh: the version code is this and the number of commits.
VERSION_CODE_BASE = 100


@dataclass(frozen=True)
class Live:
    """One service in one place; without a commit, nothing of ours is there."""

    service: str
    where: str
    commit: str = ""
    subject: str = ""
    since: datetime | None = None
    version: str = ""
    url: str = ""
    """Where it answers; browsers and curl take a name that ends in .localhost to this machine."""


class Production:
    """Reads the production account of one sandbox, and the history of what is there."""

    def __init__(self, endpoint: str, catalog: Catalog) -> None:
        self._aws = Aws(endpoint)
        self._catalog = catalog
        self._account = catalog.environments[PRODUCTION].account
        # Our own addresses on this machine; a proxy of the machine knows none of them.
        self._http = httpx.Client(base_url=endpoint, trust_env=False, timeout=30)

    def live(self) -> list[Live]:
        """Return every service in every region of production, in the catalog's order."""
        return [
            self._ask(service, region)
            for service in self._catalog.services.values()
            for region in service.regions[PRODUCTION]
        ]

    def _ask(self, service: Service, region: str) -> Live:
        if service.kind is Kind.SERVERLESS:
            return self._functions(service, region)
        if service.kind is Kind.WEB:
            return self._page(service, region)
        return self._track(service, region)

    def _functions(self, service: Service, region: str) -> Live:
        client = self._aws.client("lambda", self._account, region)
        prefix = f"{service.name}-{PRODUCTION}-"
        functions = [
            function
            for page in client.get_paginator("list_functions").paginate()
            for function in page["Functions"]
            if function["FunctionName"].startswith(prefix)
        ]
        commits = {each.get("Environment", {}).get("Variables", {}).get("COMMIT", "") for each in functions}
        if len(commits) != 1:
            # None at all, or functions of several commits: neither is a release that is live.
            return Live(service.name, region)
        since = max(datetime.fromisoformat(function["LastModified"]) for function in functions)
        return self._live(
            service, region, commits.pop(), since=since, url=self._reachable(self._api(service, region))
        )

    def _api(self, service: Service, region: str) -> str:
        """Where Serverless's own output says that the service's API is."""
        stacks = self._aws.client("cloudformation", self._account, region)
        found = stacks.describe_stacks(StackName=f"{service.name}-{PRODUCTION}")["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
        return str(outputs.get("HttpApiUrl", ""))

    def _reachable(self, url: str) -> str:
        host = urlsplit(url).hostname
        return f"http://{host}.localhost:{self._http.base_url.port}{urlsplit(url).path}" if host else ""

    def _page(self, service: Service, region: str) -> Live:
        ssm = self._aws.client("ssm", self._account, region)
        name = f"/release/{service.name}/url"
        found = ssm.get_parameters(Names=[name])["Parameters"]
        if not found:
            return Live(service.name, region)
        host = urlsplit(found[0]["Value"]).hostname or ""
        answer = self._http.get("/version.json", headers={"Host": host})
        if not answer.is_success:
            return Live(service.name, region)
        modified = answer.headers.get("Last-Modified")
        since = parsedate_to_datetime(modified) if modified else None
        url = self._reachable(found[0]["Value"])
        return self._live(service, region, answer.json()["commit"], since=since, url=url)

    def _track(self, service: Service, region: str) -> Live:
        track = self._catalog.environments[PRODUCTION].play_track
        answer = self._http.get(
            f"/androidpublisher/v3/applications/{service.package_name}/tracks/{track}/releases",
            headers={"Authorization": "Bearer rehearsal-reader"},
        )
        answer.raise_for_status()
        codes = [
            artifact["versionCode"]
            for release in answer.json().get("releases", [])
            for artifact in release["activeArtifacts"]
        ]
        if not codes:
            return Live(service.name, region)
        code = max(codes)
        history = list(self._history(service))
        commits = code - VERSION_CODE_BASE
        if not 0 < commits <= len(history):
            return Live(service.name, region, version=str(code))
        return self._live(service, region, history[-commits]["commitId"], version=str(code))

    def _live(self, service: Service, where: str, commit: str, **details: Any) -> Live:
        return Live(service.name, where, commit, self._subject(service, commit), **details)

    def _subject(self, service: Service, commit: str) -> str:
        try:
            found = self._codecommit().get_commit(repositoryName=service.repository, commitId=commit)
        except ClientError:
            return ""
        message: str = found["commit"]["message"]
        return message.partition("\n")[0]

    def _history(self, service: Service) -> Iterator[dict[str, Any]]:
        """The branch's commits, newest first."""
        client = self._codecommit()
        branch = client.get_branch(repositoryName=service.repository, branchName=service.branch)["branch"]
        following = [branch["commitId"]]
        while following:
            commit = client.get_commit(repositoryName=service.repository, commitId=following[0])["commit"]
            yield commit
            following = commit["parents"]

    def _codecommit(self) -> Any:
        dev = self._catalog.environments["dev"]
        return self._aws.client("codecommit", dev.account, dev.home_region)
