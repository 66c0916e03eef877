"""CloudFront's data plane: files of a distribution's S3 origin."""

import fnmatch
import re
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudfront.models import cloudfront_backends

from sandbox.aws.clients import Clients
from sandbox.edge.events import Answer, Received
from sandbox.settings import REGION

Wire = dict[str, Any]
_BUCKET = re.compile(r"(?P<bucket>.+?)\.s3(?P<website>-website)?([.-][a-z0-9-]+)?\.amazonaws\.com")
_HEADERS = {
    "ContentType": "content-type",
    "CacheControl": "cache-control",
    "ETag": "etag",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentDisposition": "content-disposition",
}


class Distributions:
    """Answers for the distribution of that domain, whichever account it belongs to."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def answer(self, domain: str, request: Received) -> Answer:
        found = _find(domain)
        if found is None:
            return _error(404, "NoSuchDistribution", "The specified distribution does not exist.")
        account, distribution = found
        config = self._clients.own("cloudfront", account, REGION).get_distribution_config(Id=distribution)
        return self._for_config(account, config["DistributionConfig"], request)

    def _for_config(self, account: str, config: Wire, request: Received) -> Answer:
        if not config["Enabled"]:
            return _error(403, "AccessDenied", "The distribution is disabled.")
        if request.method not in ("GET", "HEAD"):
            return _error(403, "MethodNotAllowed", f"This distribution does not allow {request.method}.")
        path = f"/{config.get('DefaultRootObject', '')}" if request.path == "/" else request.path
        answer = self._from_origin(account, _origin(config, path), path)
        page = _error_page(config, answer.status)
        if page is None:
            return answer
        shown = self._from_origin(
            account, _origin(config, page["ResponsePagePath"]), page["ResponsePagePath"]
        )
        return Answer(int(page.get("ResponseCode") or answer.status), shown.headers, shown.body)

    def _from_origin(self, account: str, origin: Wire | None, path: str) -> Answer:
        bucket = _BUCKET.fullmatch(origin["DomainName"]) if origin else None
        if origin is None or bucket is None:
            return _error(502, "BadGateway", "The sandbox has only S3 behind a distribution")
        key = f"{origin.get('OriginPath', '')}{path}".lstrip("/")
        if bucket["website"] and (key == "" or key.endswith("/")):
            key += "index.html"
        s3 = self._clients.own("s3", account, REGION)
        try:
            # An empty key would list the bucket.
            stored = s3.get_object(Bucket=bucket["bucket"], Key=key or "/")
        except ClientError as missing:
            return _missing(missing, is_website=bool(bucket["website"]))
        headers = [(header, str(stored[member])) for member, header in _HEADERS.items() if stored.get(member)]
        modified = stored["LastModified"].strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers += [("last-modified", modified), ("x-cache", "Miss from cloudfront"), ("server", "AmazonS3")]
        return Answer(200, headers, stored["Body"].read())


def _find(domain: str) -> tuple[str, str] | None:
    # Copies: another thread may create a distribution meanwhile.
    for account, backends in list(cloudfront_backends.items()):
        for distribution in list(backends["aws"].distributions.values()):
            if domain in (distribution.domain_name.lower(), f"{distribution.id.lower()}.cloudfront.net"):
                return account, distribution.id
    return None


def _origin(config: Wire, path: str) -> Wire | None:
    """The origin of the first behaviour whose pattern fits, else of the default one."""
    behaviours = config.get("CacheBehaviors", {}).get("Items", [])
    behaviour = next(
        (one for one in behaviours if fnmatch.fnmatchcase(path.lstrip("/"), one["PathPattern"].lstrip("/"))),
        config["DefaultCacheBehavior"],
    )
    origins: list[Wire] = config["Origins"]["Items"]
    return next((origin for origin in origins if origin["Id"] == behaviour["TargetOriginId"]), None)


def _error_page(config: Wire, status: int) -> Wire | None:
    """The custom error response for a status, if it has a page: how a single-page app answers any path."""
    pages: list[Wire] = config.get("CustomErrorResponses", {}).get("Items", [])
    return next(
        (page for page in pages if page["ErrorCode"] == status and page.get("ResponsePagePath")), None
    )


def _missing(error: ClientError, *, is_website: bool) -> Answer:
    """S3 says 403 for a missing key to whoever may not list the bucket, which is how CloudFront is let in."""
    code = error.response["Error"]["Code"]
    if code == "NoSuchBucket" or is_website:
        return _error(404, code, error.response["Error"].get("Message", ""))
    return _error(403, "AccessDenied", "Access Denied")


def _error(status: int, code: str, message: str) -> Answer:
    body = f'<?xml version="1.0"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    headers = [("content-type", "application/xml"), ("x-cache", "Error from cloudfront")]
    return Answer(status, headers, body.encode())
