"""EventBridge delivers to queues, functions and topics, and to each of a rule's targets for itself.

moto knows queues, log groups, archives and buses; whatever else is a target ends PutEvents, and with it the
delivery to every rule behind that one. It delivers for disabled rules as well, and never a constant input.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html"""

import copy
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events.models import EventsBackend, Rule
from moto.events.utils import EventTemplateParser
from moto.utilities.arns import parse_arn

from sandbox.aws.clients import Clients
from sandbox.settings import Settings

Wire = dict[str, Any]
_MOTO = ("logs", "events")


def patch(settings: Settings, clients: Clients) -> None:
    deliver = Rule.send_to_targets
    own: Mapping[str, Callable[[Clients, Wire, str], None]] = {
        "lambda": _invoke,
        "sns": _publish,
        "sqs": _send,
    }

    def send_to_targets(rule: Rule, event: Any, transform_input: bool = True) -> None:
        if rule.state == "DISABLED" or not rule.event_pattern.matches_event(event):
            return
        for target in list(rule.targets):
            kind = parse_arn(target["Arn"]).service
            try:
                if kind in own:
                    own[kind](clients, target, json.dumps(_input(target, event)))
                else:
                    deliver(_with_target(rule, target), copy.deepcopy(event), transform_input)
            except Exception:  # noqa: BLE001 - as on AWS: a target that fails keeps no other from its event
                traceback.print_exc(file=sys.stderr)

    setattr(Rule, "send_to_targets", send_to_targets)  # noqa: B010 - mypy refuses the plain assignment of a method
    put_targets = _refuse_unknown(EventsBackend.put_targets, (*_MOTO, *own))
    setattr(EventsBackend, "put_targets", put_targets)  # noqa: B010 - likewise


def _with_target(rule: Rule, target: Wire) -> Rule:
    alone = copy.copy(rule)
    alone.targets = [target]
    return alone


def _input(target: Mapping[str, Any], event: Any) -> Any:
    """What a target gets: the event, a constant, or what its transformer makes of the event."""
    if "Input" in target:
        return json.loads(target["Input"])
    sent = copy.deepcopy(event)
    sent["time"] = f"{datetime.fromtimestamp(float(event['time']), UTC):%Y-%m-%dT%H:%M:%SZ}"
    transformer = target.get("InputTransformer")
    if transformer:
        template, paths = transformer["InputTemplate"], transformer.get("InputPathsMap", {})
        return EventTemplateParser.parse(template, paths, sent)
    # moto's own note of when the event came; AWS has it for transformers only.
    return {name: value for name, value in sent.items() if name != "ingestion-time"}


def _invoke(clients: Clients, target: Wire, event: str) -> None:
    account, region, _ = _place(target["Arn"])
    function = clients.own("lambda", account, region)
    function.invoke(FunctionName=target["Arn"], InvocationType="Event", Payload=event)


def _publish(clients: Clients, target: Wire, event: str) -> None:
    account, region, _ = _place(target["Arn"])
    clients.own("sns", account, region).publish(TopicArn=target["Arn"], Message=event)


def _send(clients: Clients, target: Wire, event: str) -> None:
    account, region, name = _place(target["Arn"])
    sqs = clients.own("sqs", account, region)
    group = target.get("SqsParameters", {})
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=event, **group)


def _place(arn: str) -> tuple[str, str, str]:
    _, _, _, region, account, name, *_ = arn.split(":")
    return account, region, name


def _refuse_unknown(put_targets: Callable[..., None], known: tuple[str, ...]) -> Callable[..., None]:
    def put(backend: EventsBackend, name: str, event_bus_arn: str | None, targets: list[Wire]) -> None:
        for target in targets:
            if not target["Arn"].startswith("arn:aws:") or parse_arn(target["Arn"]).service in known:
                continue
            raise JsonRESTError(
                "NotImplementedException",
                f"The sandbox does not deliver events to {target['Arn']}, only to {', '.join(known)}; "
                "real AWS does",
            )
        put_targets(backend, name, event_bus_arn, targets)

    return put
