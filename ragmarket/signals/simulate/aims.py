"""What the latent intents do: which products they want, where their money goes, what they look at and in which order.

Every intent shares the pages it views with one other intent and the payees it pays with yet another. Inside a pair the
counts are alike; only order, recurrence, timing and wording tell the two apart. So whoever counts sees less than who
reads. Invented numbers for an invented bank.
"""

from __future__ import annotations

from typing import NamedTuple

from ragmarket.schemas.base import ProductClass

# Two intents share each row: what the first does, in the order of the pages, the second does against it.
PAGE_PAIRS: tuple[tuple[str, str, dict[ProductClass, float]], ...] = (
    ("grow_savings", "plan_retirement", {"deposit": 5, "nps": 3, "mutual_fund": 2}),
    ("start_investing", "save_tax", {"mutual_fund": 5, "ulip": 2, "nps": 1.5, "securities": 1.5}),
    ("buy_home", "meet_expense", {"home_loan": 4, "loan": 4, "gold_loan": 2}),
    ("protect_family", "general", {"insurance": 4, "savings": 2, "deposit": 1.5, "ulip": 1.5, "credit_card": 1}),
    ("everyday_banking", "spend_and_travel", {"credit_card": 5.5, "savings": 4.5}),
)
# The chain of product pages in the order in which the first of a pair reads them.
PRODUCT_PAGES = ("overview", "rates", "charges", "calculator", "eligibility", "documents", "faq", "compare", "apply")
OTHER_PAGES = {
    "account": 4.0,
    "payments": 3.0,
    "statement": 2.0,
    "help": 1.0,
    "offers": 2.0,
    "news": 1.0,
    "branch_locator": 0.7,
}
FORWARD, SKIP = 0.62, 0.15

# Two intents share each row of payees: the first pays by standing instruction in the days after payday, the second
# once and at any time.
PAYEE_PAIRS: tuple[tuple[str, str, dict[str, float]], ...] = (
    ("start_investing", "grow_savings", {"brokerage": 4, "fixed deposit": 4, "own account": 2}),
    ("plan_retirement", "save_tax", {"pension fund": 5, "tax payment": 3, "insurer": 2}),
    ("protect_family", "buy_home", {"insurer": 4, "builder": 4, "hospital": 2}),
    ("everyday_banking", "meet_expense", {"school fees": 4, "hospital": 3, "own account": 3}),
    ("general", "spend_and_travel", {"travel": 4, "electronics": 4, "jewellery": 2}),
)
RECURRING, ONCE, EVERYDAY_RECURRING = 0.75, 0.15, 0.12
AFTER_PAYDAY: tuple[float, float, float] = (0.65, 0.20, 0.15)
ANY_TIME: tuple[float, float, float] = (0.30, 0.35, 0.35)
# How purposeful payments move, in the order of the transaction channels, and how the first and the second of a pair
# deviate: the little that a bank's columns see.
PURPOSE_CHANNEL: tuple[float, ...] = (30, 28, 14, 14, 4, 10)
CHANNEL_TILT: dict[str, tuple[float, ...]] = {
    "spend_and_travel": (1.0, 0.5, 0.7, 3.0, 1.0, 0.8),
    "meet_expense": (1.0, 0.8, 1.2, 0.8, 3.5, 1.0),
    "buy_home": (0.7, 2.0, 1.0, 0.7, 0.7, 1.6),
    "everyday_banking": (1.9, 0.6, 1.0, 0.8, 1.0, 0.7),
    "start_investing": (1.2, 1.1, 1.4, 0.7, 0.5, 1.4),
}


class Aim(NamedTuple):
    """One intent: products it ends in, factors on its months, on balance (log) and on visits."""

    products: dict[ProductClass, float]
    months: dict[int, float] = {}
    balance: float = 0.0
    visits: float = 1.0


AIMS: dict[str, Aim] = {
    "general": Aim({"savings": 5, "credit_card": 2, "deposit": 2, "insurance": 1}, visits=0.8),
    "grow_savings": Aim({"deposit": 8, "savings": 1, "mutual_fund": 1}, balance=0.35),
    "start_investing": Aim({"mutual_fund": 7, "securities": 2.5, "ulip": 0.5}, balance=0.1, visits=1.15),
    "buy_home": Aim({"home_loan": 9, "loan": 0.5, "insurance": 0.5}, balance=0.25, visits=1.2),
    "meet_expense": Aim({"loan": 5, "gold_loan": 4, "credit_card": 1}, balance=-0.4),
    "protect_family": Aim({"insurance": 8, "ulip": 1.5, "nps": 0.5}),
    "plan_retirement": Aim({"nps": 6, "ulip": 1.5, "mutual_fund": 1.5, "deposit": 1}, balance=0.15, visits=0.9),
    "save_tax": Aim({"ulip": 3, "mutual_fund": 3, "nps": 2.5, "insurance": 1.5}, {1: 2.2, 2: 2.8, 3: 3.0}, visits=1.05),
    "everyday_banking": Aim({"savings": 6, "credit_card": 3, "deposit": 1}, balance=-0.15, visits=1.2),
    "spend_and_travel": Aim({"credit_card": 8, "loan": 1, "savings": 1}, {10: 1.8, 11: 1.6, 12: 1.5}, -0.25, 1.05),
}
STAY = 0.78
BACKGROUND_AIM = 0.5
