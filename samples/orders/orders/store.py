"""Orders, kept in DynamoDB."""

import json
import os


class OrderStore:
    def __init__(self, table):
        self._table = table

    @classmethod
    def of_this_stage(cls) -> "OrderStore":
        import boto3  # half a second of a cold start, which a health check need not pay

        return cls(boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"]))

    def put(self, order: dict) -> None:
        self._table.put_item(Item={"id": order["id"], "order": json.dumps(order)})

    def get(self, order_id: str) -> dict | None:
        item = self._table.get_item(Key={"id": order_id}).get("Item")
        return json.loads(item["order"]) if item else None
