"""Templates: read fast, and refused when they name a resource type that nothing here can make.

moto reads JSON with the slowest YAML reader there is, and calls a stack complete without what it
cannot make."""

import json
from typing import Any

import yaml
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
            try:
                original(self)
            except (yaml.YAMLError, ValueError) as broken:
                raise not_yaml(broken) from broken
        check_structure(self.template_dict)
        check_types(self.template_dict)

    owner._parse_template = _parse_template


def not_yaml(broken: Exception) -> ValidationError:
    return ValidationError(message=f"Template format error: YAML not well-formed. ({broken})")


def check_structure(template: Any) -> None:
    """Refuse what is no template: CloudFormation does before it makes anything."""
    if not isinstance(template, dict):
        raise ValidationError(message="Template format error: unsupported structure.")
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise ValidationError(message="Template format error: At least one Resources member must be defined.")
    for name, resource in resources.items():
        if not isinstance(resource, dict) or "Type" not in resource:
            raise ValidationError(
                message=f"Template format error: [/Resources/{name}] Every Resources object must contain a "
                "Type member."
            )


def check_types(template: dict[str, Any]) -> None:
    """Refuse unknown resource types as CloudFormation refuses those that do not exist in a region."""
    types = {one["Type"] for one in template["Resources"].values()}
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
