"""An invalidation's status is `Completed`, which `aws cloudfront wait` and boto's waiter wait for; moto spells
it `COMPLETED`."""

from moto.cloudfront.models import Distribution, Invalidation

from sandbox.aws.clients import Clients
from sandbox.settings import Settings


def patch(settings: Settings, clients: Clients) -> None:
    original = Invalidation.__init__

    def __init__(self: Invalidation, distribution: Distribution, paths: list[str], caller_ref: str) -> None:
        original(self, distribution, paths, caller_ref)
        self.status = "Completed"

    setattr(Invalidation, "__init__", __init__)  # noqa: B010 - mypy refuses the plain assignment of a method
