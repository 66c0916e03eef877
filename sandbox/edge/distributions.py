"""CloudFront's data plane: files of a distribution's S3 origin."""

import fnmatch
import re
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudfront.models import Distribution, cloudfront_backends

from sandbox.aws.clients import Clients
from sandbox.edge.events import Answer, Received
from sandbox.settings import REGION

_BUCKET = re.compile(r"(?P<bucket>.+?)\.s3(?P<website>-website)?[.-]?([a-z0-9-]+)?\.amazonaws\.com")
_HEADERS = {
    "ContentType": "content-type",
    "CacheControl": "cache-control",
    "ETag": "etag",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentDisposition": "content-disposition",
}


class Distributions:
    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def answer(self, domain: str, request: Received) -> Answer:
        found = _find(domain)
        if found is None:
            return _error(404, "NoSuchDistribution", "The specified distribution does not exist.")
        account, distribution = found
        config = distribution.distribution_config
        if not config.enabled:
            return _error(403, "AccessDenied", "The distribution is disabled.")
        if request.method not in ("GET", "HEAD"):
            return _error(403, "MethodNotAllowed", f"This distribution does not allow {request.method}.")
        path = request.path
        if path == "/" and config.default_root_object:
            path = f"/{config.default_root_object}"
        return self._from_origin(account, _origin(config, path), path)

    def _from_origin(self, account: str, origin: Any, path: str) -> Answer:
        bucket = _BUCKET.fullmatch(origin.domain_name) if origin else None
        if bucket is None:
            return _error(502, "BadGateway", "The sandbox has only S3 behind a distribution")
        key = f"{origin.origin_path}{path}".lstrip("/")
        if bucket["website"] and (key == "" or key.endswith("/")):
            key += "index.html"
        s3 = self._clients.own("s3", account, REGION)
        try:
            stored = s3.get_object(Bucket=bucket["bucket"], Key=key)
        except ClientError as missing:
            return _missing(missing, is_website=bool(bucket["website"]))
        headers = [(header, str(stored[member])) for member, header in _HEADERS.items() if stored.get(member)]
        modified = stored["LastModified"].strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers += [("last-modified", modified), ("x-cache", "Miss from cloudfront"), ("server", "AmazonS3")]
        return Answer(200, headers, stored["Body"].read())


def _find(domain: str) -> tuple[str, Distribution] | None:
    for account, backends in list(cloudfront_backends.items()):
        for distribution in list(backends["aws"].distributions.values()):
            if domain in (distribution.domain_name.lower(), f"{distribution.id.lower()}.cloudfront.net"):
                return account, distribution
    return None


def _origin(config: Any, path: str) -> Any:
    """The origin of the first behaviour whose pattern fits, else of the default one."""
    behaviour = next(
        (
            one
            for one in config.cache_behaviors
            if fnmatch.fnmatchcase(path.lstrip("/"), one.path_pattern.lstrip("/"))
        ),
        config.default_cache_behavior,
    )
    return next((origin for origin in config.origins if origin.id == behaviour.target_origin_id), None)


def _missing(error: ClientError, *, is_website: bool) -> Answer:
    """S3 says 403 for a missing key to whoever may not list the bucket, which is how CloudFront is let in."""
    code = error.response["Error"]["Code"]
    if code == "NoSuchBucket" or is_website:
        return _error(404, code, error.response["Error"].get("Message", ""))
    return _error(403, "AccessDenied", "Access Denied")


def _error(status: int, code: str, message: str) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(
        status, [("content-type", "application/xml"), ("x-cache", "Error from cloudfront")], body.encode()
    )
