"""The orders service of this stage, as invoices sees it."""

import json


class OrdersUnavailableError(RuntimeError):
    """The orders service did not answer as agreed."""


class Orders:
    def __init__(self, lambda_client, function: str):
        self._lambda = lambda_client
        self._function = function

    def get(self, order_id: str) -> dict | None:
        """Return the order, or nothing if orders says that there is none."""
        request = {"routeKey": "GET /orders/{id}", "pathParameters": {"id": order_id}}
        reply = self._lambda.invoke(FunctionName=self._function, Payload=json.dumps(request).encode())
        answer = json.loads(reply["Payload"].read())
        if reply.get("FunctionError"):
            raise OrdersUnavailableError(f"{self._function} failed: {answer}")
        if answer["statusCode"] == 404:
            return None
        if answer["statusCode"] != 200:
            raise OrdersUnavailableError(f"{self._function} answered {answer['statusCode']}")
        return json.loads(answer["body"])
