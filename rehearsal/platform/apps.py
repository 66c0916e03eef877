"""The Android apps in Play, which only a person can make there."""

import httpx

from release_ops.config import Catalog

# What couriers have on their phones; the sample's own version codes start above it.
LIVE_VERSION_CODE = 90


def make_apps(endpoint: str, catalog: Catalog) -> None:
    for service in catalog.services.values():
        if service.package_name:
            httpx.put(
                f"{endpoint}/_sandbox/play/apps/{service.package_name}",
                json={"production": LIVE_VERSION_CODE},
                trust_env=False,
            ).raise_for_status()
