"""The HTTP API: one function behind API Gateway, in its payload format 2.0."""

import json
import os
from datetime import datetime, timezone

from invoices.invoice import invoice
from invoices.orders import Orders, OrdersUnavailableError


def handle(event: dict, context: object) -> dict:
    route = event.get("routeKey")
    if route == "GET /health":
        return answer(200, health())
    if route == "GET /invoices/{order}":
        return show_invoice(event["pathParameters"]["order"], orders_of_this_stage())
    return answer(404, {"error": f"there is no {route}"})


def health() -> dict:
    return {
        "status": "ok",
        "service": "invoices",
        "commit": os.environ.get("COMMIT", ""),
        "stage": os.environ.get("STAGE", ""),
    }


def show_invoice(order_id: str, orders: Orders) -> dict:
    try:
        order = orders.get(order_id)
    except OrdersUnavailableError as unavailable:
        return answer(502, {"error": str(unavailable)})
    if order is None:
        return answer(404, {"error": f"there is no order {order_id}"})
    return answer(200, invoice(order, issued=datetime.now(timezone.utc).date()))


def orders_of_this_stage() -> Orders:
    import boto3  # half a second of a cold start, which a health check need not pay

    return Orders(boto3.client("lambda"), os.environ["ORDERS_FUNCTION"])


def answer(status: int, body: dict) -> dict:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
