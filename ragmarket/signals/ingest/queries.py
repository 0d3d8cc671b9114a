"""The feature tables in SQL (DuckDB): rows of a source joined to customers, in the order of their key.

They read ``people`` (record_id, customer_id), ``opening`` (the month in which what is observed begins) and one table
per source, each with the newest row per key.
"""

from __future__ import annotations

from ragmarket.signals.ingest.history import HOLDINGS_QUERY

OPENING = """
CREATE VIEW opening AS
SELECT date_trunc(
    'month', coalesce((SELECT min("at") FROM transactions), (SELECT max(updated_at) FROM core_banking))
) AS month
"""

# Of a customer's several files the newest that says anything wins. Silence is no consent; one that says no binds all.
_CUSTOMERS = """
SELECT
    customer_id,
    year((SELECT month FROM opening))
        - arg_max(birth_year, (updated_at, birth_year)) FILTER (birth_year IS NOT NULL) AS age,
    arg_max(gender_recorded, (updated_at, gender_recorded)) FILTER (gender_recorded IS NOT NULL) AS gender,
    arg_max(income_band, (updated_at, income_band)) FILTER (income_band IS NOT NULL) AS income_band,
    arg_max(city_tier, (updated_at, city_tier)) FILTER (city_tier IS NOT NULL) AS city_tier,
    arg_max(state, (updated_at, state)) FILTER (state IS NOT NULL) AS state,
    arg_max(language, (updated_at, language)) FILTER (language IS NOT NULL) AS language,
    arg_max(occupation, (updated_at, occupation)) FILTER (occupation IS NOT NULL) AS occupation,
    min(opened_on) AS opened_on,
    coalesce(bool_and(coalesce(consent_marketing, false)), false) AS consent_marketing,
    coalesce(bool_and(coalesce(consent_linking, false)), false) AS consent_linking,
    coalesce(bool_or(do_not_disturb), false) AS do_not_disturb
FROM core_banking JOIN people USING (record_id)
GROUP BY customer_id
ORDER BY customer_id
"""
# Sums are taken in the order of the rows' ids: the order of addition shows in a float's last digit.
_STANDING = """
SELECT
    customer_id,
    count(*) AS files,
    max(updated_at) AS as_of,
    list_sum(list(balance_inr ORDER BY record_id)) AS balance_inr,
    list_sum(list(deposits_inr ORDER BY record_id)) AS deposits_inr,
    list_sum(list(loans_inr ORDER BY record_id)) AS loans_inr,
    nullif(array_to_string(list_sort(list_distinct(flatten(
        list(string_split(holdings, '|')) FILTER (holdings IS NOT NULL)))), '|'), '') AS holdings
FROM core_banking JOIN people USING (record_id)
GROUP BY customer_id
ORDER BY customer_id
"""
_TRANSACTIONS = """
SELECT
    transaction_id, customer_id, date_diff('month', (SELECT month FROM opening), date_trunc('month', "at")) AS period,
    "at",
    channel, type, amount_inr, category, merchant, coalesce(is_recurring, false) AS is_recurring
FROM transactions JOIN people USING (record_id)
ORDER BY customer_id, "at", transaction_id
"""
_NOTES = """
SELECT
    note_id, customer_id, date_diff('month', (SELECT month FROM opening), date_trunc('month', "at")) AS period,
    "at", kind,
    text
FROM crm JOIN people USING (record_id)
ORDER BY customer_id, "at", note_id
"""
_SESSION_EVENTS = """
SELECT
    session_id, event, customer_id, device_id,
    date_diff('month', (SELECT month FROM opening), date_trunc('month', "at")) AS period, "at", page, product, text,
    referrer, device, dwell_s, tile_seen, tile_clicked
FROM digital LEFT JOIN people USING (record_id)
ORDER BY session_id, event
"""
_INTERESTS = """
SELECT lead_id, customer_id, "at", product, action
FROM market JOIN people USING (record_id)
ORDER BY lead_id
"""
QUERIES: dict[str, str] = {
    "customers": _CUSTOMERS,
    "standing": _STANDING,
    "holdings": HOLDINGS_QUERY,
    "transactions": _TRANSACTIONS,
    "notes": _NOTES,
    "session_events": _SESSION_EVENTS,
    "interests": _INTERESTS,
}
