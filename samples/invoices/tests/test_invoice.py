import unittest
from datetime import date

from invoices.invoice import invoice

ORDER = {
    "id": "0b5e9d54-0000-4000-8000-000000000000",
    "customer": "c-17",
    "currency": "EUR",
    "lines": [{"quantity": 3, "unit_cents": 333}, {"quantity": 1, "unit_cents": 1}],
}


class InvoiceTest(unittest.TestCase):
    def test_vat_is_rounded_once_on_the_total(self):
        made = invoice(ORDER, issued=date(2026, 12, 30))
        self.assertEqual((made["net_cents"], made["vat_cents"], made["gross_cents"]), (1000, 210, 1210))

    def test_it_is_due_in_two_weeks_and_numbered_by_month(self):
        made = invoice(ORDER, issued=date(2026, 12, 30))
        self.assertEqual((made["due"], made["number"]), ("2027-01-13", "202612-0b5e9d54"))
