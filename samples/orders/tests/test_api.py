import json
import unittest
from unittest import mock

from orders import api
from orders.store import OrderStore


class MemoryTable:
    def __init__(self):
        self.items = {}

    def put_item(self, Item):
        self.items[Item["id"]] = Item

    def get_item(self, Key):
        item = self.items.get(Key["id"])
        return {"Item": item} if item else {}


class ApiTest(unittest.TestCase):
    def setUp(self):
        self.store = OrderStore(MemoryTable())
        self.enterContext(mock.patch.object(OrderStore, "of_this_stage", lambda: self.store))

    def call(self, route, **event):
        answer = api.handle({"routeKey": route, **event}, None)
        return answer["statusCode"], json.loads(answer["body"])

    def test_health_names_the_commit_and_the_stage(self):
        with mock.patch.dict("os.environ", {"COMMIT": "4f1c", "STAGE": "staging"}):
            status, body = self.call("GET /health")
        self.assertEqual((status, body["commit"], body["stage"]), (200, "4f1c", "staging"))

    def test_an_order_can_be_read_back(self):
        wanted = {"customer": "c-17", "lines": [{"sku": "mug", "quantity": 2, "unit_price": "9.50"}]}
        status, order = self.call("POST /orders", body=json.dumps(wanted))
        self.assertEqual((status, order["total"]), (201, "19.00"))
        self.assertEqual(self.call("GET /orders/{id}", pathParameters={"id": order["id"]}), (200, order))

    def test_an_unknown_order_is_not_found(self):
        self.assertEqual(self.call("GET /orders/{id}", pathParameters={"id": "none"})[0], 404)

    def test_a_bad_order_is_refused_with_a_reason(self):
        for body in ("", "not JSON", "[]", "{}"):
            with self.subTest(body):
                self.assertEqual(self.call("POST /orders", body=body)[0], 422)
