"""The tables of a bank's customers, column by column: what the workshop's rooms hand to one another.

Feature tables are what a bank sees. Outcomes are what it learns later and trains on. Truth tables
(`ragmarket.signals.truth_tables`) exist for simulated customers only; a model that reads one is wrong by definition.
"""

from __future__ import annotations

from ragmarket.schemas.base import CHANNELS, LANGUAGES, PRODUCT_CLASSES
from ragmarket.signals.columns import CUSTOMER, PERIOD, Column, Table, count, flag, identity, rupees, word
from ragmarket.signals.features import CITY_TIERS, INCOME_BANDS
from ragmarket.signals.truth_tables import (
    BOUNDS,
    SESSION_BOUNDS,
    TRUTH_CUSTOMERS,
    TRUTH_NOTES,
    TRUTH_PERIODS,
    TRUTH_SESSIONS,
)
from ragmarket.signals.vocabulary import (
    CATEGORIES,
    DEVICES,
    GENDERS,
    INTENSITIES,
    NOTE_KINDS,
    OCCUPATIONS,
    PAGES,
    REFERRERS,
    STATES,
    TIMINGS,
    TXN_CHANNELS,
    TXN_TYPES,
)

CUSTOMERS = Table(
    name="customers",
    role="feature",
    meaning="One row per customer: what the core banking system knows. No name, no address, no contact.",
    key=("customer_id",),
    columns=(
        CUSTOMER,
        count("age", "age at the start of period 0", unit="years"),
        word("gender", GENDERS, "as recorded; absent for some", nullable=True),
        word("income_band", INCOME_BANDS, "declared income band"),
        word("city_tier", CITY_TIERS, "tier of the place of residence"),
        word("state", STATES, "state of residence, the second half of its ISO 3166-2:IN code"),
        word("language", LANGUAGES, "preferred language"),
        word("occupation", OCCUPATIONS, "declared occupation"),
        Column(name="opened_on", kind="date", meaning="day on which the first account was opened"),
        flag("consent_marketing", "agreed to marketing and to predictions for it"),
        flag("consent_linking", "agreed to linking web visits before login with the account"),
        flag("do_not_disturb", "stands on a do-not-disturb register: never contacted"),
    ),
)
PERIODS = Table(
    name="periods",
    role="feature",
    meaning="One row per customer and month: balances, holdings and the aggregates that a bank's columns have.",
    key=("customer_id", "period"),
    columns=(
        CUSTOMER,
        PERIOD,
        Column(name="start", kind="date", meaning="first day of the month"),
        rupees("balance_inr", "average savings balance in the month"),
        rupees("deposits_inr", "money in fixed and recurring deposits"),
        rupees("investments_inr", "market value of investments held through the bank"),
        rupees("loans_inr", "loans outstanding"),
        *(flag(f"holds_{name}", f"holds {name} at the start of the month") for name in PRODUCT_CLASSES),
        *(count(f"{name.lower()}_count", f"{name} transactions in the month") for name in TXN_CHANNELS),
        rupees("debits_inr", "sum of the month's debits"),
        rupees("credits_inr", "sum of the month's credits"),
        count("sessions", "sessions in which the customer was logged in at some point"),
        count("page_views", "events in those sessions"),
        count("notes", "CRM notes in the month"),
        count("complaints", "complaints among them"),
        count("touches_before", "campaign touches sent in all months before this one"),
        count("opened_before", "of those, opened"),
        count("responded_before", "of those, responded to"),
    ),
)  # fmt: skip
TRANSACTIONS = Table(
    name="transactions",
    role="feature",
    meaning="One row per transaction, in order of time for each customer.",
    key=("transaction_id",),
    columns=(
        identity("transaction_id", "one transaction"),
        CUSTOMER,
        PERIOD,
        Column(name="at", kind="time", meaning="when it was booked"),
        word("channel", TXN_CHANNELS, "how the money moved"),
        word("type", TXN_TYPES, "debit: out of the account"),
        rupees("amount_inr", "amount"),
        word("category", CATEGORIES, "merchant or counterparty category"),
        identity("merchant", "name on the statement, where the channel carries one", nullable=True),
        flag("is_recurring", "runs on a mandate or standing instruction"),
    ),
)
SESSION_EVENTS = Table(
    name="session_events",
    role="feature",
    meaning="One row per page of a web or app session, in order. Before login the customer is unknown.",
    key=("session_id", "event"),
    columns=(
        identity("session_id", "one visit"),
        count("event", "position in the session, 0 is the first", unit="position"),
        identity("customer_id", "who is logged in; null before login and in visits without one", nullable=True),
        identity("device_id", "cookie or app installation; shared devices exist"),
        PERIOD,
        Column(name="at", kind="time", meaning="when the page was opened"),
        word("page", PAGES, "kind of page"),
        word("product", PRODUCT_CLASSES, "product class of a product page", nullable=True),
        identity("text", "search query, where the page is a search", nullable=True),
        word("referrer", REFERRERS, "what led to the session"),
        word("device", DEVICES, "device class"),
        Column(name="dwell_s", kind="number", unit="s", meaning="time on the page"),
        identity("tile_seen", "product tiles on the home page from the first place on, joined by |", nullable=True),
        word("tile_clicked", PRODUCT_CLASSES, "tile that was clicked, where one was", nullable=True),
    ),
)
NOTES = Table(
    name="notes",
    role="feature",
    meaning="One row per CRM note: free text, English and code-mixed, as staff type it.",
    key=("note_id",),
    columns=(
        identity("note_id", "one note"),
        CUSTOMER,
        PERIOD,
        Column(name="at", kind="time", meaning="when it was written"),
        word("kind", NOTE_KINDS, "kind of contact"),
        identity("text", "what was written down"),
    ),
)
CAMPAIGNS = Table(
    name="campaigns",
    role="feature",
    meaning="One row per customer and month: the touch made after the month's behaviour was seen. `opened` and "
    "`responded` of a month are features only for later months.",
    key=("touch_id",),
    columns=(
        identity("touch_id", "one touch"),
        CUSTOMER,
        PERIOD,
        Column(name="at", kind="time", meaning="when it went out, or would have"),
        word("product", PRODUCT_CLASSES, "product class offered"),
        word("channel", CHANNELS, "channel used"),
        word("timing", TIMINGS, "slot of the week"),
        word("intensity", INTENSITIES, "low: one message, medium: two, high: four"),
        flag("sent", "false for the random hold-out, which gets nothing"),
        flag("opened", "the message was opened"),
        flag("responded", "the customer took the next step"),
    ),
)
OUTCOMES = Table(
    name="outcomes",
    role="outcome",
    meaning="One row per customer and month: what the bank learns afterwards, the targets of training.",
    key=("customer_id", "period"),
    columns=(
        CUSTOMER,
        PERIOD,
        Column(
            name="responded", kind="flag", nullable=True, meaning="answer to the month's touch; null when none went out"
        ),
        word("product", PRODUCT_CLASSES, "product class taken up, or asked for, next"),
        word("channel", CHANNELS, "channel that works best, from a preference survey"),
        word("timing", TIMINGS, "slot that works best, from the same survey"),
        word("intensity", INTENSITIES, "contact that is welcome, from the same survey"),
    ),
)  # fmt: skip
SESSION_OUTCOMES = Table(
    name="session_outcomes",
    role="outcome",
    meaning="One row per session: whether an application followed within the week.",
    key=("session_id",),
    columns=(
        identity("session_id", "one visit"),
        word("converted", PRODUCT_CLASSES, "product class applied for; null for none", nullable=True),
    ),
)
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS, PERIODS, TRANSACTIONS, SESSION_EVENTS, NOTES, CAMPAIGNS, OUTCOMES, SESSION_OUTCOMES,
        TRUTH_CUSTOMERS, TRUTH_PERIODS, TRUTH_SESSIONS, TRUTH_NOTES, BOUNDS, SESSION_BOUNDS,
    )
}  # fmt: skip
