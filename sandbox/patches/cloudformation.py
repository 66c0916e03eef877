"""ValidateTemplate as CloudFormation does it: is this a template?

moto runs cfn-lint, which takes seconds, and turns its warnings into refusals: no Serverless deployment with
an HTTP API passes."""

import json
from collections.abc import Iterator
from typing import Any

import yaml
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

from sandbox.aws.clients import Clients
from sandbox.patches.cloudformation_templates import check_structure, check_types, not_yaml
from sandbox.settings import Settings

Template = dict[str, Any]
_PSEUDO = "AWS::"
_IAM = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


def patch(settings: Settings, clients: Clients) -> None:
    def validate_template(response: CloudFormationResponse) -> ActionResult:
        body = response._get_param("TemplateBody")
        url = response._get_param("TemplateURL")
        if url:
            body = response._get_stack_from_s3_url(url)
        template = parse(body)
        check_types(template)
        return ActionResult(described(template))

    setattr(CloudFormationResponse, "validate_template", validate_template)  # noqa: B010 - mypy refuses plain


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> Template:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


def parse(body: str) -> Template:
    """A template, or CloudFormation's refusal of what is none."""
    template: Template = _read(body)
    check_structure(template)
    resources = template["Resources"]
    known = {*resources, *template.get("Parameters", {})}
    unknown = {name for name in _references(resources) if name not in known and not name.startswith(_PSEUDO)}
    if unknown:
        raise ValidationError(
            message="Template format error: Unresolved resource dependencies "
            f"[{', '.join(sorted(unknown))}] in the Resources block of the template"
        )
    return template


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        pass
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506 - a SafeLoader's child
    except yaml.YAMLError as broken:
        raise not_yaml(broken) from broken


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("Ref"), str) and len(value) == 1:
            yield value["Ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def described(template: Template) -> Template:
    """ValidateTemplate's answer."""
    iam = [one for one in template["Resources"].values() if one["Type"] in _IAM]
    named = any(key.endswith("Name") for one in iam for key in one.get("Properties", {}))
    return {
        "Description": template.get("Description", ""),
        "Parameters": [
            {
                "ParameterKey": name,
                "DefaultValue": str(parameter.get("Default", "")),
                "NoEcho": str(parameter.get("NoEcho", "false")).lower() == "true",
                "Description": parameter.get("Description", ""),
            }
            for name, parameter in template.get("Parameters", {}).items()
        ],
        "Capabilities": ["CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"] if iam else [],
        "DeclaredTransforms": [],
    }
