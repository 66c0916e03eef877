"""An invalidation's status is `Completed`, which `aws cloudfront wait` and boto's waiter wait for.

moto spells it `COMPLETED`, and they wait for ever."""

from typing import Any

from moto.cloudfront.models import Invalidation

from sandbox.aws.clients import Clients
from sandbox.settings import Settings


def patch(settings: Settings, clients: Clients) -> None:
    original = Invalidation.__init__

    def completed(self: Invalidation, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.status = "Completed"

    setattr(Invalidation, "__init__", completed)  # noqa: B010 - mypy refuses the plain assignment of a method
