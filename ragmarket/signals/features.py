"""The features that this workshop gathers: the line's own spec, version 2.

Version 2 adds what customers did in order: payments, visits and words of the last month beside those of half a year.
"""

from __future__ import annotations

from ragmarket.schemas.base import CHANNELS, LANGUAGES, PRODUCT_CLASSES
from ragmarket.schemas.features import BESIDE, Feature, FeatureSpec, observed_on
from ragmarket.signals.vocabulary import CATEGORIES, GENDERS, INTENSITIES, OCCUPATIONS, STATES, TIMINGS

__all__ = ["BESIDE", "DEFAULT_SPEC", "Feature", "FeatureSpec", "observed_on"]

AGE_BANDS = ("18-24", "25-34", "35-44", "45-59", "60+")
INCOME_BANDS = ("low", "lower_middle", "middle", "upper_middle", "high")
CITY_TIERS = ("metro", "urban", "semi_urban", "rural")
TXN_CHANNELS = ("upi", "card", "atm", "branch", "netbanking", "merchant_qr", "salary_credit")
# Days that the features look back: a month, the two months before it, a quarter, half a year.
RECENT, BEFORE, WINDOW, HISTORY = 31, 92, 90, 183


def _done(name: str, kind: str, label: str, values: tuple[str, ...], group: str) -> Feature:
    return Feature.model_validate(
        {"name": name, "kind": kind, "label": label, "values": values, "group": group, "behaviour": True}
        | ({"unit": "count"} if kind != "members" else {})
    )


DEFAULT_SPEC = FeatureSpec(
    version=2,
    features=(
        Feature(name="age_band", kind="category", label="age band {}", values=AGE_BANDS),
        Feature(name="income_band", kind="category", label="income band {}", values=INCOME_BANDS),
        Feature(name="city_tier", kind="category", label="lives in a place of tier {}", values=CITY_TIERS),
        Feature(name="language", kind="category", label="language {}", values=LANGUAGES),
        Feature(name="gender", kind="category", label="gender {}", values=GENDERS),
        Feature(name="state", kind="category", label="lives in the state {}", values=STATES),
        Feature(name="occupation", kind="category", label="occupation {}", values=OCCUPATIONS),
        Feature(name="tenure_months", kind="number", label="months with the bank", unit="month"),
        Feature(name="balance_inr", kind="number", label="average savings balance", unit="INR", group="money"),
        Feature(name="deposits_inr", kind="number", label="money in deposits", unit="INR", group="money"),
        Feature(name="loans_inr", kind="number", label="loans outstanding", unit="INR", group="money"),
        Feature(name="investments_inr", kind="number", label="market value of investments", unit="INR", group="money"),
        Feature(name="holdings", kind="members", label="holds {}", values=PRODUCT_CLASSES, group="holdings"),
        _done("txn_counts", "counts", "{} transactions", TXN_CHANNELS, "payments"),
        _done("payments", "counts", "payments for {} in half a year", CATEGORIES, "payments"),
        _done("payments_recent", "words", "payments of last month: {}", (), "payments"),
        _done("payments_before", "words", "payments of the two months before: {}", (), "payments"),
        _done("payment_sizes", "words", "payments by channel and size: {}", (), "payments"),
        _done("app_logins", "number", "app logins", (), "visits"),
        _done("page_views", "counts", "views of {} pages", PRODUCT_CLASSES, "visits"),
        _done("visits_recent", "words", "visits of last month: {}", (), "visits"),
        _done("visits_before", "words", "visits of the two months before: {}", (), "visits"),
        _done("visit_habits", "words", "visits: {}", (), "visits"),
        _done("words_recent", "words", "said or searched last month: {}", (), "words"),
        _done("words_before", "words", "said or searched in the two months before: {}", (), "words"),
        _done("words", "words", "said or searched in half a year: {}", (), "words"),
        _done("messages_sent", "counts", "{} messages received", CHANNELS, "messages"),
        _done("messages_opened", "counts", "{} messages opened", CHANNELS, "messages"),
        _done("messages_answered", "counts", "{} messages answered", CHANNELS, "messages"),
        _done("times_sent", "counts", "messages received: {}", TIMINGS, "messages"),
        _done("times_opened", "counts", "messages opened: {}", TIMINGS, "messages"),
        _done("intensities_sent", "counts", "campaigns of {} intensity", INTENSITIES, "messages"),
        _done("intensities_opened", "counts", "opened campaigns of {} intensity", INTENSITIES, "messages"),
        _done("products_answered", "counts", "answered messages about {}", PRODUCT_CLASSES, "messages"),
    ),
)
