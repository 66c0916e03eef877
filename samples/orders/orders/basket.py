"""What an order costs. Money is counted in cents: floats lose them."""

from decimal import Decimal, InvalidOperation

MOST_PER_LINE = 999


class OrderRefusedError(ValueError):
    """The order cannot be taken as it is; the text is for the customer."""


def order_lines(body: dict) -> list[dict]:
    lines = body.get("lines")
    if not isinstance(lines, list) or not lines:
        raise OrderRefusedError("an order has at least one line")
    return [order_line(number, line) for number, line in enumerate(lines, start=1)]


def order_line(number: int, line: dict) -> dict:
    if not isinstance(line, dict) or not line.get("sku"):
        raise OrderRefusedError(f"line {number} has no sku")
    quantity = line.get("quantity")
    if type(quantity) is not int or not 1 <= quantity <= MOST_PER_LINE:
        raise OrderRefusedError(f"line {number}: quantity is {quantity!r}; write 1 to {MOST_PER_LINE}")
    return {"sku": line["sku"], "quantity": quantity, "unit_cents": cents(number, line.get("unit_price"))}


def cents(number: int, price: object) -> int:
    try:
        exact = Decimal(price if isinstance(price, str) else "") * 100
    except InvalidOperation:
        raise OrderRefusedError(f"line {number}: unit_price is {price!r}; write text such as '9.50'") from None
    if not exact.is_finite() or exact < 0 or exact != int(exact):
        raise OrderRefusedError(f"line {number}: unit_price is {price!r}, which is no amount of euros and cents")
    return int(exact)


def total_cents(lines: list[dict]) -> int:
    return sum(line["quantity"] * line["unit_cents"] for line in lines)


def euros(amount_cents: int) -> str:
    return f"{amount_cents // 100}.{amount_cents % 100:02}"
