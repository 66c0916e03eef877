import io
import json
import unittest
from unittest import mock

from invoices import api
from invoices.orders import Orders
from tests.test_invoice import ORDER


class OrdersFunction:
    def __init__(self, status, body, *, error=None):
        self.status, self.body, self.error = status, body, error

    def invoke(self, FunctionName, Payload):
        assert json.loads(Payload)["routeKey"] == "GET /orders/{id}"
        answer = {"statusCode": self.status, "body": json.dumps(self.body)}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), "FunctionError": self.error}


class ApiTest(unittest.TestCase):
    def invoice_with(self, function):
        answer = api.show_invoice("o-1", Orders(function, "orders-test-api"))
        return answer["statusCode"], json.loads(answer["body"])

    def test_health_names_the_commit_and_the_stage(self):
        with mock.patch.dict("os.environ", {"COMMIT": "4f1c", "STAGE": "staging"}):
            body = json.loads(api.handle({"routeKey": "GET /health"}, None)["body"])
        self.assertEqual((body["service"], body["commit"], body["stage"]), ("invoices", "4f1c", "staging"))

    def test_an_order_becomes_an_invoice(self):
        status, body = self.invoice_with(OrdersFunction(200, ORDER))
        self.assertEqual((status, body["order"]), (200, ORDER["id"]))

    def test_an_unknown_order_is_not_found(self):
        self.assertEqual(self.invoice_with(OrdersFunction(404, {}))[0], 404)

    def test_orders_being_down_is_not_our_answer(self):
        for function in (OrdersFunction(500, {}), OrdersFunction(200, {}, error="Unhandled")):
            with self.subTest(function.status):
                self.assertEqual(self.invoice_with(function)[0], 502)
