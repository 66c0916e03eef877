import unittest

from orders.basket import OrderRefusedError, euros, order_lines, total_cents


def line(**changes):
    return {"sku": "mug", "quantity": 2, "unit_price": "9.50", **changes}


class BasketTest(unittest.TestCase):
    def test_the_total_is_exact_to_the_cent(self):
        lines = order_lines({"lines": [line(quantity=3, unit_price="0.10"), line(unit_price="19.99")]})
        self.assertEqual(euros(total_cents(lines)), "40.28")

    def test_what_is_refused_is_named(self):
        for wrong, text in (
            (line(sku=""), "no sku"),
            (line(quantity=0), "quantity is 0"),
            (line(quantity=True), "quantity is True"),
            (line(unit_price="9.505"), "no amount"),
            (line(unit_price="NaN"), "no amount"),
            (line(unit_price="-1"), "no amount"),
            (line(unit_price=9.5), "write text"),
        ):
            with self.subTest(text), self.assertRaisesRegex(OrderRefusedError, text):
                order_lines({"lines": [wrong]})

    def test_an_empty_order_is_refused(self):
        with self.assertRaisesRegex(OrderRefusedError, "at least one line"):
            order_lines({"lines": []})
