"""The closed vocabularies of the tables: which words a category column may hold, in the order of their codes."""

from __future__ import annotations

GENDERS = ("female", "male", "other")
STATES = ("DL", "UP", "BR", "MP", "RJ", "TN", "TG", "AP", "KA", "KL", "WB", "MH", "GJ")
OCCUPATIONS = ("student", "salaried", "professional", "business", "farmer", "homemaker", "retired")
TXN_CHANNELS = ("UPI", "NEFT", "IMPS", "card", "cash", "EMI")
TXN_TYPES = ("debit", "credit")
CATEGORIES = (
    "salary", "business receipts", "pension", "remittance", "groceries", "food delivery", "utilities", "fuel",
    "telecom", "entertainment", "rent", "family transfer", "wholesale", "farm inputs", "pharmacy", "loan instalment",
    "cash withdrawal", "brokerage", "fixed deposit", "builder", "hospital", "school fees", "insurer", "pension fund",
    "tax payment", "travel", "electronics", "jewellery", "own account",
)  # fmt: skip
PAGES = (
    "home", "login", "account", "payments", "statement", "news", "help", "offers", "branch_locator", "search",
    "overview", "rates", "charges", "calculator", "eligibility", "documents", "faq", "compare", "apply",
)  # fmt: skip
REFERRERS = ("direct", "search", "email", "sms", "whatsapp", "push", "social", "aggregator")
DEVICES = ("mobile", "desktop", "tablet")
NOTE_KINDS = ("enquiry", "service_request", "complaint", "branch_visit")
TIMINGS = ("morning", "midday", "evening", "weekend")
INTENSITIES = ("low", "medium", "high")
LIFE_STAGES = ("starting_out", "early_career", "family_formation", "established", "pre_retirement", "retired")
SEGMENTS = ("neutral", "young_earner", "growing_family", "affluent", "self_employed", "senior", "rural")
INTENTS = (
    "general", "grow_savings", "start_investing", "buy_home", "meet_expense", "protect_family", "plan_retirement",
    "save_tax", "everyday_banking", "spend_and_travel",
)  # fmt: skip
