"""What can be rehearsed: what people do during a release, and what must come of it.

A story names services of the sample platform. Another story is another entry of STORIES."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.deeds import IN_PROGRESS, Act, BeforeTheCut, Clear, Commit, MarkFailed, When
from rehearsal.expectations import Expected
from rehearsal.samples import SAMPLE_SERVICES, Edit

# How many seconds of the catalog pass in one: two days in 20 seconds, or in a minute.
FAST = 8640
# On a busy machine the deployment's own checks outlast 20 seconds, and nobody could act during the soak.
WITH_TIME_TO_ACT = 2880
ALL = frozenset(SAMPLE_SERVICES)
ORDERS_AND_DEPENDENTS = frozenset({"orders", "invoices", "storefront"})
DEPENDENTS_WAIT = dict.fromkeys(("invoices", "storefront"), ("orders", "is held"))


@dataclass(frozen=True)
class Story:
    summary: str
    why: str
    """Said at its end: why what was to come of it is right."""
    expected: Expected
    acts: Sequence[Act] = ()
    """Those about one service in the order in which they happen."""
    conf: Mapping[str, Any] = field(default_factory=dict)
    """What is filled into the Trigger form."""
    time_scale: int = FAST


ROUND_TO_TEN_CENTS = Commit(
    "orders",
    "Round totals to ten cents",
    (
        Edit(
            "orders/basket.py",
            'return sum(line["quantity"] * line["unit_cents"] for line in lines)',
            'return sum(line["quantity"] * line["unit_cents"] for line in lines) // 10 * 10',
        ),
    ),
)
# Its tests find the file in the checkout; serverless.yml packs orders/*.py, and nothing else.
LIMITS_IN_A_FILE = Commit(
    "orders",
    "Take the limits of an order from a file",
    (
        Edit("orders/limits.json", "", '{"most_per_line": 999}\n'),
        Edit(
            "orders/basket.py",
            "from decimal import Decimal, InvalidOperation\n\nMOST_PER_LINE = 999\n",
            "import json\nfrom decimal import Decimal, InvalidOperation\nfrom pathlib import Path\n\n"
            'LIMITS = json.loads((Path(__file__).parent / "limits.json").read_text())\n'
            'MOST_PER_LINE = LIMITS["most_per_line"]\n',
        ),
    ),
)
ANOTHER_QUEUE = Commit(
    "backoffice",
    "Show the queue of complaints",
    (
        Edit(
            "site/index.html",
            "        <tr><td>Refunds</td><td>Finance</td></tr>\n",
            "        <tr><td>Refunds</td><td>Finance</td></tr>\n"
            "        <tr><td>Complaints</td><td>Service</td></tr>\n",
        ),
    ),
    author="Priya Shah",
)
# The European Payments Council's rule for SEPA: no slash at either end of a reference, and no two in a row.
REFUSE_DOUBLE_SLASH = Commit(
    "payments",
    "Refuse references that banks send back",
    (
        Edit(
            "src/payment.js",
            "const REFERENCE = /^[A-Za-z0-9/?:().,'+ -]{1,140}$/;",
            r"const REFERENCE = /^(?!\/)(?!.*\/\/)(?!.*\/$)[A-Za-z0-9/?:().,'+ -]{1,140}$/;",
        ),
        Edit(
            "tests/payment.test.js",
            '  assert.equal(faults({ ...ORDER, amount: "0.00" }).length, 1);\n',
            '  assert.equal(faults({ ...ORDER, amount: "0.00" }).length, 1);\n'
            '  assert.equal(faults({ ...ORDER, reference: "2026//12" }).length, 1);\n',
        ),
    ),
    author="Luca Ferri",
)
ORDERS_SMOKE = "orders.staging.eu-west-1.smoke"
PAYMENTS_SMOKE = "payments.staging.eu-west-1.smoke"

DEFAULT_STORY = "release"
STORIES: Mapping[str, Story] = {
    DEFAULT_STORY: Story(
        "nobody objects: all six services go out",
        "Everything was built, checked and soaked, and nobody said no.",
        Expected(promoted=ALL),
    ),
    "veto": Story(
        "a tester finds a fault in orders during the soak: orders and what depends on it are held",
        "A task that a person marks failed keeps its service out of production, and so whatever depends on "
        "it. Nothing of theirs was built there; the others did not wait.",
        Expected(
            promoted=ALL - ORDERS_AND_DEPENDENTS,
            held=ORDERS_AND_DEPENDENTS,
            reasons={"orders": (f"{ORDERS_SMOKE} was marked failed by a person",), **DEPENDENTS_WAIT},
        ),
        acts=[
            Act(
                When("orders.soak", IN_PROGRESS),
                MarkFailed(ORDERS_SMOKE, "A basket of 11 things loses one"),
            )
        ],
        time_scale=WITH_TIME_TO_ACT,
    ),
    "red-build": Story(
        "orders' newest commit fails its own tests: orders and what depends on it are held",
        "The build ran the commit's tests before it deployed anything, and they failed: there is nothing "
        "of orders to soak. What depends on it is built and soaked, but does not go out without it.",
        Expected(
            promoted=ALL - ORDERS_AND_DEPENDENTS,
            held=ORDERS_AND_DEPENDENTS,
            reasons={
                "orders": ("orders.staging.eu-west-1.build failed", "while executing command: make test"),
                **DEPENDENTS_WAIT,
            },
        ),
        acts=[Act(BeforeTheCut(), ROUND_TO_TEN_CENTS)],
    ),
    "red-check": Story(
        "orders' newest commit builds and deploys, but does not answer: orders and its dependents are held",
        "The tests of that commit pass, because the checkout has the file that it reads; the package that "
        "was deployed has not. Only a check of what runs in staging can tell, and a red one holds.",
        Expected(
            promoted=ALL - ORDERS_AND_DEPENDENTS,
            held=ORDERS_AND_DEPENDENTS,
            reasons={"orders": (f"{ORDERS_SMOKE} failed: status 500, not 200",), **DEPENDENTS_WAIT},
        ),
        acts=[Act(BeforeTheCut(), LIMITS_IN_A_FILE)],
    ),
    "late-commit": Story(
        "backoffice gets a commit while it soaks: it goes out as it was cut, without it",
        "A release is of the commits that were cut. What is pushed later has not been built, checked or "
        "soaked, and waits for the next one.",
        Expected(promoted=ALL),
        acts=[Act(When("backoffice.soak", IN_PROGRESS), ANOTHER_QUEUE)],
        time_scale=WITH_TIME_TO_ACT,
    ),
    "fix": Story(
        "a tester finds a fault in payments, a developer mends it, and its cut is cleared: the fix goes out",
        "Clearing cut took the branch's commit of now. It was built, checked and soaked for its own two "
        "days, like any other; the clocks of the other services went on.",
        Expected(
            promoted=ALL,
            ships={"payments": REFUSE_DOUBLE_SLASH},
            staging_builds={"payments": 2},
        ),
        acts=[
            Act(
                When("payments.soak", IN_PROGRESS),
                MarkFailed(PAYMENTS_SMOKE, "A reference with // is accepted; banks send that back"),
            ),
            Act(When(PAYMENTS_SMOKE, frozenset({"failed"})), REFUSE_DOUBLE_SLASH),
            Act(When(PAYMENTS_SMOKE, frozenset({"failed"})), Clear("payments.cut")),
        ],
        time_scale=WITH_TIME_TO_ACT,
    ),
    "left-out": Story(
        "a release of payments and storefront alone, triggered by hand: the other four are not touched",
        "What was not picked was neither built nor changed anywhere. It holds nobody: storefront depends "
        "on orders, and went out.",
        Expected(promoted=frozenset({"payments", "storefront"}), left_out=ALL - {"payments", "storefront"}),
        conf={"services": ["payments", "storefront"]},
    ),
}
