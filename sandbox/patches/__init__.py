"""What moto does otherwise than AWS, mended. One module per thing.

tests/sandbox/test_moto_internals.py states each internal of moto that they stand on."""

from collections.abc import Callable
from importlib import import_module

from sandbox.aws.clients import Clients
from sandbox.settings import Settings

# moto's backend -> the modules to apply before it serves its first request: importing moto's CloudFormation
# takes two seconds, for those who ask for it. Functions are made through Lambda and CloudFormation alone.
_PATCHES = {
    "awslambda": ("functions",),
    "cloudformation": (
        "cloudformation_types",
        "cloudformation_templates",
        "cloudformation_change_sets",
        "cloudformation",
        "cloudformation_permissions",
        "functions",
        "events",
    ),
    "cloudfront": ("cloudfront",),
    "events": ("events",),
    "s3": ("bucket_policies",),
}


class Patches:
    """Applies each patch once, when the part of moto that it mends is first asked for."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self._settings, self._clients = settings, clients
        self._applied: set[str] = set()

    def before(self, backend: str) -> None:
        for name in _PATCHES.get(backend, ()):
            if name not in self._applied:
                self._applied.add(name)
                patch: Callable[[Settings, Clients], None] = import_module(f"sandbox.patches.{name}").patch
                patch(self._settings, self._clients)
