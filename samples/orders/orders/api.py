"""The HTTP API: one function behind API Gateway, in its payload format 2.0."""

import base64
import json
import os
import uuid

from orders.basket import OrderRefusedError, euros, order_lines, total_cents
from orders.store import OrderStore


def handle(event: dict, context: object) -> dict:
    route = event.get("routeKey")
    if route == "GET /health":
        return answer(200, health())
    store = OrderStore.of_this_stage()
    if route == "POST /orders":
        return take_order(event, store)
    if route == "GET /orders/{id}":
        return show_order(event["pathParameters"]["id"], store)
    return answer(404, {"error": f"there is no {route}"})


def health() -> dict:
    return {
        "status": "ok",
        "service": "orders",
        "commit": os.environ.get("COMMIT", ""),
        "stage": os.environ.get("STAGE", ""),
    }


def take_order(event: dict, store: OrderStore) -> dict:
    try:
        body = requested(event)
        lines = order_lines(body)
    except OrderRefusedError as refused:
        return answer(422, {"error": str(refused)})
    order = {
        "id": str(uuid.uuid4()),
        "customer": body.get("customer"),
        "lines": lines,
        "total": euros(total_cents(lines)),
        "currency": "EUR",
    }
    store.put(order)
    return answer(201, order)


def show_order(order_id: str, store: OrderStore) -> dict:
    order = store.get(order_id)
    return answer(200, order) if order else answer(404, {"error": f"there is no order {order_id}"})


def requested(event: dict) -> dict:
    text = event.get("body") or ""
    if event.get("isBase64Encoded"):
        text = base64.b64decode(text).decode()
    try:
        body = json.loads(text)
    except json.JSONDecodeError:
        raise OrderRefusedError("the order is not JSON") from None
    if not isinstance(body, dict):
        raise OrderRefusedError("the order is not a JSON object")
    return body


def answer(status: int, body: dict) -> dict:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
