"""The simulated bank's population: what each hidden segment tends to be and each hidden intent tends to do.

Invented numbers for an invented bank. They give training something with known answers; they describe nobody, and a
deployment replaces them by training on its own records.
"""

from __future__ import annotations

from dataclasses import dataclass

from ragmarket.schemas.base import ProductClass

Weights = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """How members of one segment are distributed.

    ``age``, ``income`` and ``city`` are weights in the order of the bands in `ragmarket.signals.features`; ``txn`` are
    expected counts in 90 days in the order of its transaction channels; ``balance`` and ``deposits`` are medians in
    INR; ``channel`` are log-odds for sms, whatsapp, email and push.
    """

    share: float
    age: Weights
    income: Weights
    city: Weights
    tenure: float
    balance: float
    deposits: float
    logins: float
    txn: Weights
    channel: Weights
    holds: dict[ProductClass, float]
    intents: dict[str, float]


SEGMENTS: dict[str, Profile] = {
    "neutral": Profile(
        0.22, (15, 25, 25, 22, 13), (15, 25, 30, 20, 10), (25, 30, 25, 20), 50, 40_000, 30_000, 14,
        (40, 10, 5, 1.0, 4, 1, 1.5), (0.0, 0.3, 0.0, 0.1), {"savings": 0.9, "deposit": 0.25, "credit_card": 0.2},
        {"general": 5},
    ),
    "young_earner": Profile(
        0.18, (45, 48, 6, 1, 0), (15, 30, 35, 16, 4), (45, 35, 15, 5), 18, 22_000, 5_000, 38,
        (110, 16, 2, 0.2, 5, 0.5, 2.7), (-0.6, 0.6, -0.2, 0.9), {"savings": 0.97, "credit_card": 0.25},
        {"start_investing": 4, "spend_and_travel": 3, "everyday_banking": 2, "save_tax": 1.5},
    ),
    "growing_family": Profile(
        0.18, (1, 30, 50, 18, 1), (5, 20, 40, 27, 8), (28, 37, 25, 10), 75, 60_000, 60_000, 22,
        (65, 18, 5, 0.8, 7, 0.5, 2.6), (0.0, 0.7, 0.2, 0.1),
        {"savings": 0.97, "loan": 0.25, "home_loan": 0.22, "insurance": 0.3, "credit_card": 0.35},
        {"protect_family": 4, "buy_home": 4, "save_tax": 2, "meet_expense": 2, "compare_costs": 1},
    ),
    "affluent": Profile(
        0.12, (1, 14, 30, 37, 18), (0, 1, 6, 28, 65), (65, 25, 8, 2), 110, 650_000, 1_800_000, 26,
        (45, 50, 3, 1.2, 22, 0.5, 2.2), (-0.5, 0.0, 0.9, 0.3),
        {"savings": 0.98, "credit_card": 0.8, "mutual_fund": 0.6, "deposit": 0.6, "securities": 0.4, "insurance": 0.5},
        {"spend_and_travel": 3, "start_investing": 2.5, "grow_savings": 2.5, "plan_retirement": 2, "save_tax": 2},
    ),
    "self_employed": Profile(
        0.12, (5, 28, 38, 25, 4), (12, 25, 30, 22, 11), (25, 35, 27, 13), 60, 95_000, 40_000, 20,
        (80, 10, 8, 5.0, 9, 60, 0.05), (0.2, 0.9, -0.2, 0.0),
        {"savings": 0.95, "loan": 0.4, "gold_loan": 0.2, "credit_card": 0.2},
        {"meet_expense": 4, "compare_costs": 2.5, "everyday_banking": 2.5, "save_tax": 1},
    ),
    "senior": Profile(
        0.10, (0, 0, 0, 8, 92), (15, 28, 32, 17, 8), (28, 32, 25, 15), 190, 180_000, 900_000, 4,
        (8, 4, 7, 6.0, 2, 0.1, 0.3), (0.8, 0.0, 0.2, -1.0), {"savings": 0.99, "deposit": 0.8, "insurance": 0.3},
        {"grow_savings": 5, "protect_family": 1.5, "plan_retirement": 1, "everyday_banking": 1},
    ),
    "rural": Profile(
        0.08, (12, 25, 28, 23, 12), (45, 35, 15, 4, 1), (0, 2, 18, 80), 70, 9_000, 8_000, 4,
        (18, 1, 9, 7.0, 0.2, 2, 0.4), (0.9, 0.4, -1.3, -0.8), {"savings": 0.99, "gold_loan": 0.35, "loan": 0.2},
        {"everyday_banking": 3.5, "meet_expense": 3.5, "grow_savings": 1.5, "protect_family": 1},
    ),
}  # fmt: skip

# Beside its own aims every segment has a few of everybody's.
BACKGROUND_INTENT = 0.25

# Expected page views in 90 days that an intent adds, and, in the same proportions, what it may take up next.
INTENT_PAGES: dict[str, dict[ProductClass, float]] = {
    "general": {"savings": 0.6},
    "grow_savings": {"deposit": 6, "savings": 1.5, "mutual_fund": 0.4},
    "start_investing": {"mutual_fund": 6, "securities": 2, "ulip": 0.5},
    "buy_home": {"home_loan": 7, "loan": 0.8},
    "meet_expense": {"loan": 4.5, "gold_loan": 2.5, "credit_card": 0.6},
    "compare_costs": {"loan": 2, "home_loan": 2, "credit_card": 2, "gold_loan": 1.5, "deposit": 1, "mutual_fund": 1},
    "protect_family": {"insurance": 6, "ulip": 1.2},
    "plan_retirement": {"nps": 5, "mutual_fund": 1.2, "ulip": 1, "deposit": 0.8},
    "save_tax": {"nps": 2, "ulip": 1.5, "mutual_fund": 2.2, "insurance": 1.8, "deposit": 0.8},
    "everyday_banking": {"savings": 5, "credit_card": 0.7},
    "spend_and_travel": {"credit_card": 6, "savings": 0.6},
}

# How much more (as a factor) an intent makes somebody use a transaction channel.
INTENT_TXN: dict[str, dict[str, float]] = {
    "spend_and_travel": {"card": 1.8},
    "everyday_banking": {"upi": 1.3, "netbanking": 1.3},
    "meet_expense": {"atm": 1.5, "branch": 1.3},
    "compare_costs": {"netbanking": 1.5},
}
BROWSING = 0.35
