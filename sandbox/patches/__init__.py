"""What moto does otherwise than AWS, mended. One module per thing; tests/sandbox/test_moto_internals.py states
each internal of moto that they stand on."""

from collections.abc import Callable, Iterator
from importlib import import_module

from sandbox.aws.clients import Clients
from sandbox.settings import Settings

# moto's backend -> the modules to apply before it serves its first request. Importing moto's CloudFormation takes two
# seconds; who never asks for it does not pay. A function is made through Lambda or CloudFormation, nowhere else.
_PATCHES = {
    "cloudformation": ("cloudformation", "cloudformation_change_sets", "cloudformation_types", "functions"),
    "cloudfront": ("cloudfront",),
    "awslambda": ("functions",),
}


class Patches:
    """Applies each patch once, when the part of moto that it mends is first asked for."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self._settings, self._clients = settings, clients
        self._applied: set[str] = set()

    def before(self, backend: str) -> None:
        for name in self._missing(backend):
            patch: Callable[[Settings, Clients], None] = import_module(f"sandbox.patches.{name}").patch
            patch(self._settings, self._clients)
            self._applied.add(name)

    def _missing(self, backend: str) -> Iterator[str]:
        return (name for name in _PATCHES.get(backend, ()) if name not in self._applied)
