"""From a block's codes to the tables of `ragmarket.signals.tables`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.signals.simulate.event_frames import notes, session_bounds, session_events, transactions, truth_notes
from ragmarket.signals.simulate.generator import starts
from ragmarket.signals.simulate.ledger import booked
from ragmarket.signals.simulate.people import MONTHLY_INCOME
from ragmarket.signals.simulate.series import Stock, coded, ids_of, stamps
from ragmarket.signals.tables import TABLES
from ragmarket.signals.vocabulary import TXN_CHANNELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import polars as pl

    from ragmarket.signals.simulate.bayes import Posterior
    from ragmarket.signals.simulate.blocks import Block
    from ragmarket.signals.simulate.foresight import SessionBounds
    from ragmarket.signals.simulate.presets import Preset
    from ragmarket.signals.truth_tables import View

_SEND_DAY, _SEND_MINUTE = 27, (9 * 60, 13 * 60, 19 * 60, 11 * 60)


def frames(
    preset: Preset, seed: int, block: Block, known: Mapping[View, Posterior] | None = None,
    visits: SessionBounds | None = None,
) -> dict[str, pl.DataFrame]:  # fmt: skip
    """All tables of one block, in the order of customers and of time.

    Args:
        preset: The bank.
        seed: The seed of the run: the decoration that carries no information (names on statements, fillers of notes)
            is drawn from it too.
        block: The customers.
        known: Posteriors by view; the table `bounds` is made only with them.
        visits: What can be known of visits; the table `session_bounds` is made only with it.
    """
    import numpy as np

    stock = Stock(preset, block)
    rng = np.random.default_rng(np.random.SeedSequence((seed, block.first, 1)))
    paid = booked(rng, block)
    made = {
        "customers": _customers(stock),
        "periods": _periods(stock, rng, paid),
        "transactions": transactions(stock, rng, paid),
        "notes": notes(stock, rng),
        "campaigns": _campaigns(stock),
        "truth_notes": truth_notes(stock),
        **session_events(stock, rng),
        **_answers(stock),
    }
    if known is not None:
        made["bounds"] = _bounds(stock, known)
    if visits is not None:
        made["session_bounds"] = session_bounds(block, made["truth_sessions"], visits)
    keep = min(block.size[0], preset.customers - block.first)
    return {name: _cut(made[name], stock, keep) for name in TABLES if name in made}


def _cut(frame: pl.DataFrame, stock: Stock, keep: int) -> pl.DataFrame:
    import polars as pl

    frame = frame.filter(pl.col("_owner") < keep) if keep < stock.customers else frame
    frame = frame.drop("_owner")
    # In order of customers, a visit without login would stand beside its owner's others.
    order = [name for name in ("session_id", "event") if name in frame.columns]
    return frame.sort(order) if order else frame


def _bounds(stock: Stock, known: Mapping[View, Posterior]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(
        {
            "_owner": stock.owners,
            "customer_id": stock.cell_ids,
            "period": stock.cell_periods,
            "response_truth": stock.block.touches.chance.ravel().round(6),
            **{f"response_{view}": one.response.ravel().round(6) for view, one in known.items()},
            **{
                f"{head}_{view}": coded("bounds", f"{head}_{view}", classes.argmax(-1).ravel())
                for view, one in known.items()
                for head, classes in one.heads.items()
            },
        }
    )


def _customers(stock: Stock) -> pl.DataFrame:
    import numpy as np
    import polars as pl

    seen = stock.block.standing
    start = np.datetime64(stock.preset.start, "M")
    opened = (start - 1 - seen.months).astype("datetime64[D]") + (stock.numbers * 7 + seen.months) % 28
    codes = ("gender", "income", "city", "state", "language", "occupation")
    names = dict(zip(("gender", "income_band", "city_tier", "state", "language", "occupation"), codes, strict=True))
    return pl.DataFrame(
        {
            "_owner": np.arange(stock.customers),
            "customer_id": stock.ids,
            "age": pl.Series(seen.age, dtype=pl.Int32),
            **{name: coded("customers", name, getattr(seen, code)) for name, code in names.items()},
            "opened_on": pl.Series(opened),
            "consent_marketing": seen.consent_marketing,
            "consent_linking": seen.consent_linking,
            "do_not_disturb": seen.do_not_disturb,
        }
    )


def _periods(stock: Stock, rng: np.random.Generator, paid: pl.DataFrame) -> pl.DataFrame:
    import numpy as np
    import polars as pl

    block, (customers, periods) = stock.block, stock.block.size
    cells = customers * periods
    income = np.array(list(MONTHLY_INCOME.values()))[block.standing.income]
    columns = {name: block.holdings[:, :, place].ravel() for place, name in enumerate(PRODUCT_CLASSES)}

    def amount(names: tuple[str, ...], multiple: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        # Given what is held and the income band, amounts tell nothing more: one size per customer, a little drift.
        size = np.repeat(income * multiple * rng.lognormal(0.0, 0.6, customers), periods)
        held = sum(columns[name].astype(float) for name in names)
        return np.round(size * held * rng.lognormal(0.0, 0.05, cells), 0)

    channel, cell = paid["channel"].to_physical().to_numpy(), paid["cell"].to_numpy()
    counts = np.bincount(cell * len(TXN_CHANNELS) + channel, minlength=cells * len(TXN_CHANNELS)).reshape(cells, -1)
    value, out = paid["amount_inr"].to_numpy(), (paid["type"] == "debit").to_numpy()
    visits, remarks, done = block.visits, block.remarks, block.touches
    known = visits.kind < 2
    lengths = np.bincount(visits.session, minlength=len(visits.cell))

    def count(rows: Any, weights: Any = None) -> pl.Series:
        return pl.Series(np.bincount(rows, weights=weights, minlength=cells), dtype=pl.Float64).cast(pl.Int32)

    def before(flags: Any) -> pl.Series:
        sums = np.cumsum(flags, axis=1) - np.asarray(flags).astype(np.int64)
        return pl.Series(sums.ravel(), dtype=pl.Int32)

    first_days = np.array(starts(stock.preset), dtype="datetime64[D]")
    return pl.DataFrame(
        {
            "_owner": stock.owners,
            "customer_id": stock.cell_ids,
            "period": stock.cell_periods,
            "start": pl.Series(np.tile(first_days, customers)),
            "balance_inr": np.round(np.exp(block.balance.ravel()), 0),
            "deposits_inr": amount(("deposit",), 4.0),
            "investments_inr": amount(("mutual_fund", "securities", "nps"), 3.0),
            "loans_inr": amount(("loan", "gold_loan"), 5.0) + amount(("home_loan",), 40.0),
            **{f"holds_{name}": column for name, column in columns.items()},
            **{
                f"{name.lower()}_count": pl.Series(counts[:, place], dtype=pl.Int32)
                for place, name in enumerate(TXN_CHANNELS)
            },
            "debits_inr": np.round(np.bincount(cell[out], weights=value[out], minlength=cells), 0),
            "credits_inr": np.round(np.bincount(cell[~out], weights=value[~out], minlength=cells), 0),
            "sessions": count(visits.cell[known]),
            "page_views": count(visits.cell[known], lengths[known]),
            "notes": count(remarks.cell),
            "complaints": count(remarks.cell[remarks.intent < 0]),
            "touches_before": before(done.sent),
            "opened_before": before(done.opened),
            "responded_before": before(done.responded),
        }
    )


def _campaigns(stock: Stock) -> pl.DataFrame:
    import numpy as np
    import polars as pl

    done = stock.block.touches
    timing = done.timing.ravel()
    period = stock.cell_periods.to_numpy()
    day = np.full(len(timing), _SEND_DAY)
    # A weekend touch goes out on the first Saturday after the month's behaviour.
    first = np.array([start.weekday() for start in starts(stock.preset)])[period]
    day = np.where(timing == 3, _SEND_DAY + (5 - (first + _SEND_DAY)) % 7, day)
    return pl.DataFrame(
        {
            "_owner": stock.owners,
            "touch_id": ids_of("M", stock.block.first, np.arange(len(timing))),
            "customer_id": stock.cell_ids,
            "period": stock.cell_periods,
            "at": stamps(stock, np.arange(len(timing)), day, np.array(_SEND_MINUTE)[timing]),
            **{
                name: coded("campaigns", name, getattr(done, name).ravel())
                for name in ("product", "channel", "timing", "intensity")
            },
            **{name: getattr(done, name).ravel() for name in ("sent", "opened", "responded")},
        }
    )


def _answers(stock: Stock) -> dict[str, pl.DataFrame]:
    import numpy as np
    import polars as pl

    lives, done = stock.block.hidden, stock.block.touches
    periods = stock.block.size[1]
    key = {"_owner": stock.owners, "customer_id": stock.cell_ids, "period": stock.cell_periods}
    tastes = (("channel", lives.channel), ("timing", lives.timing), ("intensity", lives.tolerance))
    outcomes = pl.DataFrame(
        {
            **key,
            "responded": pl.Series(done.responded.ravel()),
            "product": coded("outcomes", "product", done.product_next.ravel()),
            **{name: coded("outcomes", name, np.repeat(codes, periods)) for name, codes in tastes},
        }
    )
    outcomes = outcomes.with_columns(
        pl.when(pl.Series(done.sent.ravel())).then(pl.col("responded")).otherwise(None).alias("responded")
    )
    customers = pl.DataFrame(
        {
            "_owner": np.arange(stock.customers),
            "customer_id": stock.ids,
            "segment": coded("truth_customers", "segment", lives.segment),
            "life_stage": coded("truth_customers", "life_stage", lives.stage),
            "engagement": coded("truth_customers", "engagement", lives.engagement),
        }
    )
    months = pl.DataFrame(
        {
            **key,
            "intent": coded("truth_periods", "intent", lives.intent.ravel()),
            # Six places: the last bits of a logistic differ between processors, and hashes must not.
            "response_probability": np.where(done.sent, done.chance, 0.0).ravel().round(6),
        }
    )
    return {"outcomes": outcomes, "truth_customers": customers, "truth_periods": months}
