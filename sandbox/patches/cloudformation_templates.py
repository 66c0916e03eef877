"""Templates: read fast, and refused when they name a resource type that nothing here can make.

moto reads JSON with the slowest YAML reader there is, and calls a stack complete without what it
cannot make."""

import json
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import ChangeSet, Stack
from moto.cloudformation.parsing import NULL_MODELS, get_model_map

from sandbox.aws.clients import Clients
from sandbox.settings import Settings

_IGNORED = {*NULL_MODELS, "AWS::CDK::Metadata"}


def patch(settings: Settings, clients: Clients) -> None:
    for owner in (Stack, ChangeSet):
        _patch(owner)


def _patch(owner: Any) -> None:
    original = owner._parse_template

    def _parse_template(self: Any) -> None:
        try:
            self.template_dict = json.loads(self.template)
        except (TypeError, ValueError):
            original(self)
        check_types(self.template_dict)

    owner._parse_template = _parse_template


def check_types(template: Any) -> None:
    """Refuse unknown resource types as CloudFormation refuses those that do not exist in a region."""
    resources = template.get("Resources", {}) if isinstance(template, dict) else {}
    types = {one.get("Type", "") for one in resources.values() if isinstance(one, dict)}
    unknown = sorted(
        name
        for name in types - _IGNORED
        if name not in get_model_map()
        and not name.startswith(("Custom::", "AWS::CloudFormation::CustomResource"))
    )
    if unknown:
        raise ValidationError(
            message=f"Template format error: Unrecognized resource types: [{', '.join(unknown)}] "
            "(the sandbox cannot make them)"
        )
