"""The bench's figures on a terminal, as JSON and as one page that fetches nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from eval.grounded.arms import ARMS, Arm
from eval.grounded.headline import MEASURES, Read, Sheet, agreement, sheets
from eval.grounded.planting import PLANTERS
from eval.grounded.resampling import Estimate
from eval.grounded.results import Benchmark
from eval.grounded.seeded import ALARM, CAUGHT, HELD_BACK, UNPROVEN, FaultTally
from eval.pages import intervals_plot, page, table

SHIPPED = ARMS[0]
LEAD = (
    "Shares with 95 % bootstrap intervals that resample whole documents. A released message is judged by what its "
    "reader has: text, citations, documents. The reference reading knows which fact each claim was made from; the "
    "verifier's reading does not."
)
WITHOUT = (
    "Retrieval off: the writer is handed the facts of another product of the same class, as a model that writes from "
    "memory would recall them, under the brief's product name; nothing is cited. Verifier on, without retrieval: a "
    "message leaves only if the verifier finds every claim in the documents of the brief's product in force that day. "
    "Verifier off: findings about grounding are thrown away."
)


@dataclass(frozen=True)
class Report:
    """Everything that was measured."""

    reads: Sequence[Read]
    faults: FaultTally | None
    benchmarks: Sequence[Benchmark]
    about: Mapping[str, Any]
    seed: int
    unmet: Sequence[str] = ()

    def arms(self, group: str | None = None) -> dict[tuple[Arm, str], Sheet]:
        """Observations by arm and group."""
        return sheets(self.reads, group)

    def measured(self) -> dict[str, float]:
        """The figures that thresholds are set on, by the name of their gate."""
        found: dict[str, float] = {}
        sheet = self.arms().get((SHIPPED, "all"))
        if sheet:
            for gate, measure in (
                ("answered", "answered, possible briefs"),
                ("unsupported", "unsupported claims"),
                ("contradicted", "contradicted claims"),
                ("figures", "figures that stand in the source"),
                ("citation-recall", "citation recall"),
                ("citation-precision", "citation precision"),
            ):
                found[gate] = sheet.estimate(measure, self.seed).value
        if self.faults:
            for kind in PLANTERS:
                found[kind.replace(",", "").replace(" ", "-")] = self.faults.share(CAUGHT, kind).value
            found["false-alarms"] = self.faults.alarms(ALARM).value
        for benchmark in self.benchmarks:
            found |= dict(benchmark.gates)
        return found

    def as_dict(self) -> dict[str, Any]:
        """All figures as plain JSON; what could not be measured is null."""
        arms = {
            arm.name: {measure: sheet.estimate(measure, self.seed).as_dict() for measure in MEASURES}
            for (arm, _), sheet in self.arms().items()
        }
        groups = {
            group: {
                name: {measure: sheet.estimate(measure, self.seed).as_dict() for measure in MEASURES}
                for (arm, name), sheet in sorted(self.arms(group).items(), key=lambda one: one[0][1])
                if arm == SHIPPED
            }
            for group in ("language", "channel")
        }
        body = {
            "about": dict(self.about),
            "arms": arms,
            "as shipped, by": groups,
            "verifier against reference": agreement(self.reads),
            "seeded faults": self.faults.as_dict() if self.faults else None,
            "benchmarks": [one.as_dict() for one in self.benchmarks],
            "unmet": list(self.unmet),
        }
        cleaned: dict[str, Any] = _without_nan(body)
        return cleaned


def _without_nan(value: Any) -> Any:
    """JSON knows no NaN."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return value


Rows = tuple[str, list[str], list[list[str]]]


def grids(report: Report) -> Iterator[Rows]:
    """Every table of the report: title, heads, rows."""
    pooled = report.arms()
    arms = [arm for arm in ARMS if (arm, "all") in pooled]
    if arms:
        yield (
            "with and without retrieval, with and without the verifier",
            ["", *(arm.name for arm in arms)],
            [
                [measure, *(str(pooled[arm, "all"].estimate(measure, report.seed)) for arm in arms)]
                for measure in MEASURES
            ],
        )
        short = [one for one in MEASURES if one not in {"refused, all briefs", "contradicted claims"}]
        for group in ("language", "channel"):
            own = {name: sheet for (arm, name), sheet in report.arms(group).items() if arm == SHIPPED}
            yield (
                f"as shipped (retrieval on, verifier on), by {group}",
                [group, *short],
                [[name, *(str(own[name].estimate(measure, report.seed)) for measure in short)] for name in sorted(own)],
            )
    faults = report.faults
    if faults:
        yield (
            "seeded faults, by kind",
            ["error planted", "caught", "caught, or no longer the bank's own wording"],
            [[kind, str(faults.share(CAUGHT, kind)), str(faults.share(HELD_BACK, kind))] for kind in PLANTERS],
        )
        yield (
            "seeded faults and false alarms, by language",
            [
                "language",
                "caught",
                "caught, or no longer the bank's own wording",
                "untouched messages flagged",
                "with a claim that its wording does not prove",
            ],
            [
                [
                    language or "all",
                    str(faults.share(CAUGHT, None, language)),
                    str(faults.share(HELD_BACK, None, language)),
                    str(faults.alarms(ALARM, language)),
                    str(faults.alarms(UNPROVEN, language)),
                ]
                for language in (*faults.languages(), None)
            ],
        )
    for benchmark in report.benchmarks:
        if benchmark.skipped is not None:
            continue
        rows = []
        for score in benchmark.scores:
            beside = [f"{one.system} {one.value:g}" for one in benchmark.records if one.measure == score.measure]
            rows.append([score.measure, str(score), "; ".join(beside)])
        yield f"{benchmark.name} (n={benchmark.rows}; {benchmark.fitted})", ["measure", "here", "published"], rows


def tables(report: Report) -> Iterator[Table]:
    """The tables for a terminal."""
    for title, heads, rows in grids(report):
        shown = Table(*heads, title=title, title_justify="left")
        for row in rows:
            shown.add_row(*row)
        yield shown


def lines(report: Report) -> Iterator[str]:
    """What stands in no table."""
    if report.reads:
        yield WITHOUT
        found = agreement(report.reads)
        yield (
            f"verifier against the reference reading, supported or not: {100 * found['agreement']:.1f} % of "
            f"{found['n']} claims alike, kappa {found['kappa']:.2f}"
        )
    if "without evidence" in report.about:
        yield f"handed no evidence at all, the house releases {report.about['without evidence']}"
    for one in report.benchmarks:
        if one.skipped is not None:
            yield f"{one.name}: left out: {one.skipped}"


def as_page(report: Report) -> str:
    """The figures as one HTML page."""
    parts = [f"<p>{WITHOUT}</p>"]
    parts += [table(["threshold not met"], [[line]]) for line in report.unmet]
    pooled = report.arms()
    for measure in ("unsupported claims", "figures that stand in the source", "answered, possible briefs"):
        rows = {arm.name: _bounds(sheet.estimate(measure, report.seed)) for (arm, _), sheet in pooled.items()}
        parts.append(_plot(measure, rows))
    for group in ("language", "channel"):
        for measure in ("citation recall", "citation precision"):
            rows = {
                name: _bounds(sheet.estimate(measure, report.seed))
                for (arm, name), sheet in sorted(report.arms(group).items(), key=lambda one: one[0][1])
                if arm == SHIPPED
            }
            parts.append(_plot(f"{measure}, as shipped, by {group}", rows))
    if report.faults:
        kinds = {kind: _bounds(report.faults.share(CAUGHT, kind)) for kind in PLANTERS}
        parts.append(_plot("Planted errors caught, by kind", kinds, 0.99))
        tongues = {one: _bounds(report.faults.share(CAUGHT, None, one)) for one in report.faults.languages()}
        parts.append(_plot("Planted errors caught, by language", tongues))
    for benchmark in report.benchmarks:
        for score in benchmark.scores[:1]:
            rows = {"here": (score.value, *_or_value(score.low, score.high, score.value))}
            rows |= {
                one.system: (one.value, one.value, one.value)
                for one in benchmark.records
                if one.measure == score.measure
            }
            parts.append(_plot(f"{benchmark.name}: {score.measure}", rows))
    for title, heads, cells in grids(report):
        parts += [f"<h2>{title}</h2>", table(heads, cells)]
    parts += [f"<p>{line}</p>" for line in lines(report)]
    sources = sorted({(one.system, one.source) for benchmark in report.benchmarks for one in benchmark.records})
    if sources:
        parts += ["<h2>Where the published figures were printed</h2>", table(["system", "source"], sources)]
    return page("Hallucination: what is written, and what is held", LEAD, parts)


def _or_value(low: float, high: float, value: float) -> tuple[float, float]:
    return (value, value) if math.isnan(low) else (low, high)


def _bounds(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def _plot(title: str, rows: Mapping[str, tuple[float, float, float]], target: float | None = None) -> str:
    shown = {name: row for name, row in rows.items() if not math.isnan(row[0])}
    return intervals_plot(title, shown, target) if shown else ""
