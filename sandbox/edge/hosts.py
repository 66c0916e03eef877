"""Which API or distribution a host name means. Pure."""

import re
from dataclasses import dataclass

_EXECUTE_API = re.compile(r"(?P<id>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
_CLOUDFRONT = re.compile(r"(?P<id>[a-z0-9]+)\.cloudfront\.net")


@dataclass(frozen=True, slots=True)
class ApiHost:
    id: str
    region: str


@dataclass(frozen=True, slots=True)
class DistributionHost:
    domain: str


def edge_host(header: str) -> ApiHost | DistributionHost | None:
    """Read a Host header, with or without a port and the suffix that makes it resolve to this machine."""
    host = header.lower().partition(":")[0].removesuffix(".").removesuffix(".localhost")
    if api := _EXECUTE_API.fullmatch(host):
        return ApiHost(api["id"], api["region"])
    if _CLOUDFRONT.fullmatch(host):
        return DistributionHost(host)
    return None
