"""Who lives in the simulated bank's country: segments, life stages, regions. Invented numbers for an invented bank."""

from __future__ import annotations

from dataclasses import dataclass

from ragmarket.schemas.base import ProductClass

Weights = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """How members of one segment live and bank.

    Weights stand in the order of the vocabularies: ``income``, ``city`` bands, ``occupation``, ``txn`` channels
    (UPI NEFT IMPS card cash EMI), ``engagement`` (low, medium, high), ``channel`` (sms whatsapp email push), ``timing``
    (morning midday evening weekend), ``tolerance`` (low, medium, high contact). ``balance`` is the median savings
    balance in INR; ``txns`` and ``visits`` are expected transactions and sessions in a month; ``everyday`` weighs what
    money goes to and comes from; ``holds`` are chances of holding a product; ``aims`` are weights of intents.
    """

    share: float
    stages: dict[str, float]
    income: Weights
    city: Weights
    occupation: Weights
    balance: float
    txns: float
    visits: float
    txn: Weights
    engagement: Weights
    channel: Weights
    timing: Weights
    tolerance: Weights
    everyday: dict[str, float]
    holds: dict[ProductClass, float]
    aims: dict[str, float]


SEGMENTS: dict[str, Walk] = {
    "neutral": Walk(
        0.20, {"early_career": 1, "established": 2, "pre_retirement": 1},
        (15, 30, 32, 16, 7), (25, 32, 25, 18), (2, 45, 8, 12, 8, 18, 7), 38_000, 20, 1.6,
        (50, 8, 8, 14, 16, 4), (40, 40, 20), (30, 30, 20, 20), (25, 25, 30, 20), (35, 40, 25),
        {"groceries": 8, "utilities": 4, "telecom": 3, "fuel": 3, "cash withdrawal": 4, "family transfer": 3},
        {"savings": 0.95, "deposit": 0.25, "credit_card": 0.2},
        {"general": 5, "everyday_banking": 2},
    ),
    "young_earner": Walk(
        0.18, {"starting_out": 2, "early_career": 3},
        (15, 30, 35, 16, 4), (45, 35, 15, 5), (14, 68, 12, 3, 0, 2, 1), 20_000, 34, 2.8,
        (66, 4, 7, 16, 4, 3), (25, 40, 35), (8, 35, 12, 45), (15, 15, 45, 25), (25, 40, 35),
        {"food delivery": 10, "entertainment": 7, "groceries": 4, "telecom": 3, "rent": 3, "fuel": 2},
        {"savings": 0.97, "credit_card": 0.25},
        {"start_investing": 4, "spend_and_travel": 4, "everyday_banking": 2, "save_tax": 1.5},
    ),
    "growing_family": Walk(
        0.18, {"family_formation": 4, "established": 1},
        (5, 20, 40, 27, 8), (28, 37, 25, 10), (0, 62, 12, 12, 2, 11, 1), 55_000, 28, 2.0,
        (46, 10, 9, 18, 6, 11), (30, 40, 30), (20, 45, 25, 10), (15, 15, 35, 35), (40, 40, 20),
        {"groceries": 8, "loan instalment": 6, "pharmacy": 5, "utilities": 4, "fuel": 4, "rent": 2},
        {"savings": 0.97, "loan": 0.25, "home_loan": 0.3, "insurance": 0.35, "credit_card": 0.35},
        {"protect_family": 4, "buy_home": 4, "save_tax": 2, "meet_expense": 2},
    ),
    "affluent": Walk(
        0.12, {"established": 3, "pre_retirement": 2},
        (0, 2, 8, 30, 60), (65, 25, 8, 2), (0, 38, 30, 28, 1, 2, 1), 420_000, 26, 2.4,
        (30, 22, 8, 34, 2, 4), (30, 40, 30), (6, 14, 60, 20), (35, 25, 20, 20), (45, 35, 20),
        {"entertainment": 5, "fuel": 4, "groceries": 4, "family transfer": 4, "utilities": 3, "rent": 1},
        {"savings": 0.98, "credit_card": 0.8, "mutual_fund": 0.6, "deposit": 0.6, "securities": 0.4, "insurance": 0.5},
        {"spend_and_travel": 3, "start_investing": 2.5, "grow_savings": 2.5, "plan_retirement": 2, "save_tax": 2},
    ),
    "self_employed": Walk(
        0.13, {"early_career": 1, "family_formation": 2, "established": 3},
        (12, 25, 30, 22, 11), (25, 35, 27, 13), (0, 3, 14, 78, 2, 2, 1), 90_000, 40, 1.8,
        (52, 14, 14, 4, 10, 6), (25, 40, 35), (25, 55, 10, 10), (45, 25, 25, 5), (25, 35, 40),
        {"wholesale": 10, "business receipts": 10, "fuel": 3, "utilities": 3, "telecom": 2, "family transfer": 2},
        {"savings": 0.95, "loan": 0.4, "gold_loan": 0.2, "credit_card": 0.2},
        {"meet_expense": 4, "everyday_banking": 3, "buy_home": 1.5, "save_tax": 1},
    ),
    "senior": Walk(
        0.11, {"pre_retirement": 1, "retired": 5},
        (15, 28, 32, 17, 8), (28, 32, 25, 15), (0, 4, 2, 4, 4, 14, 72), 160_000, 12, 1.0,
        (20, 14, 4, 8, 52, 2), (50, 35, 15), (50, 15, 30, 5), (55, 35, 5, 5), (50, 35, 15),
        {"pension": 3, "pharmacy": 8, "groceries": 5, "utilities": 5, "cash withdrawal": 8, "family transfer": 3},
        {"savings": 0.99, "deposit": 0.8, "insurance": 0.3},
        {"grow_savings": 5, "protect_family": 1.5, "plan_retirement": 2, "everyday_banking": 1},
    ),
    "rural": Walk(
        0.08, {"early_career": 1, "family_formation": 2, "established": 2},
        (45, 35, 15, 4, 1), (0, 2, 18, 80), (3, 10, 2, 12, 55, 17, 1), 9_000, 11, 0.9,
        (34, 4, 4, 1, 55, 2), (45, 35, 20), (60, 32, 3, 5), (40, 15, 40, 5), (40, 40, 20),
        {"farm inputs": 8, "cash withdrawal": 9, "groceries": 4, "telecom": 4, "remittance": 3, "family transfer": 3},
        {"savings": 0.99, "gold_loan": 0.35, "loan": 0.2},
        {"everyday_banking": 3.5, "meet_expense": 4, "grow_savings": 1.5, "protect_family": 1},
    ),
}  # fmt: skip

# Mean and standard deviation of age in a life stage, and the factors by which it favours intents.
STAGES: dict[str, tuple[float, float, dict[str, float]]] = {
    "starting_out": (23, 2.5, {"everyday_banking": 2.0, "buy_home": 0.3}),
    "early_career": (29, 3.5, {"start_investing": 1.6, "spend_and_travel": 1.4}),
    "family_formation": (35, 4.5, {"protect_family": 1.7, "buy_home": 1.6}),
    "established": (45, 6.0, {"save_tax": 1.4, "meet_expense": 1.3}),
    "pre_retirement": (56, 4.0, {"plan_retirement": 2.5, "grow_savings": 1.4}),
    "retired": (67, 6.0, {"grow_savings": 1.6, "plan_retirement": 0.6}),
}
YOUNGEST, OLDEST = 18, 85

# Share of customers, languages, and the factors by which a state favours product classes: gold is held and pledged in
# Kerala and Tamil Nadu, instalments into funds are commoner in Maharashtra and Gujarat.
STATES: dict[str, tuple[float, dict[str, float], dict[ProductClass, float]]] = {
    "DL": (7, {"hi": 6, "en": 4}, {"credit_card": 1.3}),
    "UP": (14, {"hi": 9, "en": 1}, {"deposit": 1.2}),
    "BR": (7, {"hi": 9, "en": 1}, {"deposit": 1.3, "mutual_fund": 0.5}),
    "MP": (7, {"hi": 9, "en": 1}, {"loan": 1.2}),
    "RJ": (7, {"hi": 9, "en": 1}, {"gold_loan": 1.1}),
    "TN": (10, {"ta": 8, "en": 2}, {"gold_loan": 2.2}),
    "TG": (6, {"te": 7, "en": 3}, {"home_loan": 1.2}),
    "AP": (5, {"te": 9, "en": 1}, {"gold_loan": 1.6}),
    "KA": (8, {"kn": 6, "en": 4}, {"mutual_fund": 1.2}),
    "KL": (5, {"ml": 8, "en": 2}, {"gold_loan": 2.6, "deposit": 1.3}),
    "WB": (8, {"bn": 8, "en": 2}, {"deposit": 1.3}),
    "MH": (10, {"mr": 7, "en": 2, "hi": 1}, {"mutual_fund": 1.8, "securities": 1.4}),
    "GJ": (6, {"gu": 8, "en": 2}, {"mutual_fund": 1.7, "securities": 1.7}),
}
RURAL_STATES = {"UP": 2.0, "BR": 2.2, "MP": 1.8, "RJ": 1.5, "AP": 1.3, "WB": 1.3, "DL": 0.0}

MONTHLY_INCOME = {"low": 12_000, "lower_middle": 28_000, "middle": 60_000, "upper_middle": 130_000, "high": 320_000}
