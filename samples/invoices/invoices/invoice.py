"""What an invoice says. Amounts are cents; VAT is rounded once, on the total, as the tax office does."""

from datetime import date, timedelta

VAT_PER_CENT = 21
DUE_AFTER = timedelta(days=14)


def invoice(order: dict, *, issued: date) -> dict:
    net = sum(line["quantity"] * line["unit_cents"] for line in order["lines"])
    vat = (net * VAT_PER_CENT + 50) // 100
    return {
        "number": f"{issued:%Y%m}-{order['id'][:8]}",
        "order": order["id"],
        "customer": order.get("customer"),
        "issued": issued.isoformat(),
        "due": (issued + DUE_AFTER).isoformat(),
        "net_cents": net,
        "vat_cents": vat,
        "gross_cents": net + vat,
        "currency": order["currency"],
    }
