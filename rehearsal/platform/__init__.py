"""The sample platform: what a release needs to find in the accounts, put into the sandbox over its API.

platform = seed("http://127.0.0.1:5100", load_catalog(path), CHECKOUT / "samples")
fix = commit(platform.endpoint, platform.catalog, "orders", "Count to eleven", {"orders/basket.py": text})
"""

from rehearsal.platform.repositories import commit
from rehearsal.platform.seed import SeededPlatform, seed

__all__ = ["SeededPlatform", "commit", "seed"]
