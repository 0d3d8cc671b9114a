"""What each customer held at each month's end, told from all deliveries of the core banking system.

A file (CIF) is known at a month's end when a delivery of about that day says what it held, or when deliveries before
and after leave one answer: what has an opening date was held from that day on, what both deliveries name was held in
between, and before the file was opened nothing was. What is held later without an opening date, and what disappeared
between two deliveries, leaves the month unknown: such a month is not told, and nothing is guessed. Transactions, notes
and visits say what money was moved for and what was looked at, not what is held here, and are not read.

A class opened and closed between two deliveries leaves no trace, nor does one closed before the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ragmarket.signals.columns import CUSTOMER, PERIOD, Column, Table, word

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Days by which a month-end extract may miss the month's end.
NEAR = 3
HOLDINGS = Table(
    name="holdings",
    role="feature",
    meaning="One row per customer and month whose end is known: what all of its customer files together held then.",
    key=("customer_id", "period"),
    columns=(
        CUSTOMER,
        PERIOD,
        Column(name="month_end", kind="date", meaning="last day of the month"),
        Column(name="holdings", kind="string", meaning="product classes held, sorted, joined by |", nullable=True),
        Column(
            name="opened",
            kind="string",
            meaning="first opening date of each of them that has one, CLASS:DATE joined by |",
            nullable=True,
        ),
        Column(
            name="balance_inr",
            kind="number",
            unit="INR",
            meaning="savings balances together, where a delivery of about that day says them",
            nullable=True,
        ),
        word(
            "basis",
            ("delivered", "dated"),
            "delivered about that day; dated: by opening dates and deliveries around it",
        ),
    ),
)

# Several versions of a file on one day count as the last of them; ties are broken by content.
_VERSIONS = """
CREATE TABLE versions AS
SELECT
    record_id,
    CAST(updated_at AS DATE) AS day,
    opened_on,
    balance_inr,
    coalesce(list_distinct(string_split(nullif(holdings, ''), '|')), []) AS held,
    [pair for pair in coalesce(string_split(nullif(holdings_opened, ''), '|'), [])
        if opening_day(pair) <= CAST(updated_at AS DATE)] AS opened
FROM core_banking_versions
WHERE record_id IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY record_id, CAST(updated_at AS DATE)
    ORDER BY updated_at DESC, holdings, holdings_opened, balance_inr, opened_on
) = 1
"""
_ENDS = """
CREATE VIEW ends AS
SELECT
    CAST(number AS INTEGER) AS period,
    last_day(CAST((SELECT month FROM opening) AS DATE) + to_months(CAST(number AS INTEGER))) AS month_end
FROM range(0, 1 + coalesce(
    date_diff('month', (SELECT month FROM opening), (SELECT date_trunc('month', max(day)) FROM versions)), -1
)) AS months(number)
"""
# One row per file and month: the delivery about its end, the newest one up to it and the first one after it.
_AROUND = f"""
CREATE VIEW around AS
SELECT
    filed.record_id, period, month_end, filed.opened_on > month_end AS unopened,
    before.day AS day_before, before.held AS held_before,
    after.day AS day_after, after.held AS held_after, after.opened AS opened_after,
    CASE WHEN month_end - before.day <= {NEAR} AND month_end - before.day <= coalesce(after.day - month_end, {NEAR})
        THEN before WHEN after.day - month_end <= {NEAR} THEN after END AS near
FROM (
    SELECT record_id, arg_max(opened_on, day) FILTER (opened_on IS NOT NULL) AS opened_on
    FROM versions GROUP BY record_id
) AS filed
CROSS JOIN ends
ASOF LEFT JOIN versions AS before ON filed.record_id = before.record_id AND month_end >= before.day
ASOF LEFT JOIN versions AS after ON filed.record_id = after.record_id AND month_end < after.day
"""  # noqa: S608 (a number of our own)
# `undated` are classes held later whose opening may lie on either side of the month's end, `gone` those held earlier
# whose end may.
_FILES = """
CREATE TABLE files_by_month AS
SELECT
    record_id, period, month_end,
    CASE WHEN near IS NOT NULL THEN 'delivered' WHEN unopened THEN 'dated' WHEN day_after IS NULL THEN 'unsaid'
        WHEN len(undated) > 0 THEN 'undated' WHEN len(gone) > 0 THEN 'gone' ELSE 'dated' END AS basis,
    CASE WHEN near IS NOT NULL
        THEN [class for class in near.held if NOT list_contains(opened_later(near.opened, month_end), class)]
        WHEN unopened THEN [] ELSE list_distinct(list_concat(dated, kept)) END AS held,
    CASE WHEN near IS NOT NULL THEN near.opened WHEN unopened THEN [] ELSE opened_after END AS opened,
    near.balance_inr AS balance_inr
FROM (
    SELECT
        *,
        [class for class in held_after if list_contains(opened_by(opened_after, month_end), class)] AS dated,
        [class for class in held_after if list_contains(held_before, class)] AS kept,
        [class for class in held_after if NOT coalesce(list_contains(held_before, class), false)
            AND NOT list_contains(classes_of(opened_after), class)] AS undated,
        [class for class in held_before if NOT list_contains(held_after, class)] AS gone
    FROM around
)
"""
# CLASS:DATE pairs, as the contract writes opening dates.
_MACROS = """
CREATE MACRO opening_day(pair) AS CAST(split_part(pair, ':', 2) AS DATE);
CREATE MACRO classes_of(pairs) AS [split_part(pair, ':', 1) for pair in pairs];
CREATE MACRO opened_by(pairs, day) AS classes_of([pair for pair in pairs if opening_day(pair) <= day]);
CREATE MACRO opened_later(pairs, day) AS classes_of([pair for pair in pairs if opening_day(pair) > day]);
"""
# A customer is known at a month's end when all of its files are.
_BY_CUSTOMER = """
CREATE TABLE customers_by_month AS
SELECT
    customer_id, period, month_end,
    bool_and(basis IN ('delivered', 'dated')) AS known,
    bool_or(basis = 'undated') AS undated,
    CASE WHEN bool_and(basis = 'delivered') THEN 'delivered' ELSE 'dated' END AS basis,
    list_sort(list_distinct(flatten(list(held)))) AS held,
    flatten(list(opened)) AS opened,
    CASE WHEN bool_and(balance_inr IS NOT NULL)
        THEN list_sum(list(balance_inr ORDER BY record_id)) END AS balance_inr
FROM files_by_month JOIN people USING (record_id)
GROUP BY customer_id, period, month_end
"""
HOLDINGS_QUERY = """
SELECT
    customer_id, period, month_end,
    nullif(array_to_string(held, '|'), '') AS holdings,
    nullif(array_to_string([
        list_min([pair for pair in opened if starts_with(pair, class || ':') AND opening_day(pair) <= month_end])
        for class in held
    ], '|'), '') AS opened,
    balance_inr, basis
FROM customers_by_month
WHERE known
ORDER BY customer_id, period
"""
# Two month ends are the least that show a change. Who lacks them for want of an opening date is told apart from who was
# delivered too rarely.
_LEFT_OUT = """
SELECT CASE WHEN undated THEN 'no opening date' ELSE 'delivered too rarely' END AS reason, count(*)
FROM (
    SELECT customer_id, count(*) FILTER (known) AS known, bool_or(undated AND NOT known) AS undated
    FROM customers_by_month GROUP BY customer_id
)
WHERE known < 2
GROUP BY reason ORDER BY reason
"""


def tell_history(connection: DuckDBPyConnection) -> dict[str, int]:
    """Derive the history, so that `HOLDINGS_QUERY` can be read.

    Args:
        connection: Knows ``core_banking_versions`` (every version of every file), ``people`` and ``opening``.

    Returns:
        Customers with fewer than two month ends, by reason.
    """
    for statement in (_MACROS, _VERSIONS, _ENDS, _AROUND, _FILES, _BY_CUSTOMER):
        connection.execute(statement)
    return {str(reason): int(count) for reason, count in connection.execute(_LEFT_OUT).fetchall()}
