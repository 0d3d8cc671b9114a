"""The prediction bench as one self-contained HTML page: tables, training curves, Fig. 4, reliability, uplift."""

from __future__ import annotations

import html
import io
from collections.abc import Mapping, Sequence
from typing import Any

from eval.pages import page, table

COLOURS = ("#1f4e8c", "#b3471d", "#3a7d44", "#7a4f9a", "#8c6d1f", "#4a4a4a", "#c0587e", "#2a9d9d")
_NAMES = {"roc_auc": "ROC AUC", "pr_auc": "PR AUC", "f1": "F1 at .5", "f1_chosen": "F1, threshold from validation"}


def report(body: Mapping[str, Any]) -> str:
    """The whole page."""
    about = body["about"]
    lead = (
        f"Every system on the same folds, {about['trials_per_model']} tuning trials each on the first training fold. "
        "± is the standard deviation over folds; p: corrected resampled paired t-test (Nadeau and Bengio 2003)."
    )
    parts = [_paper(about["paper"])]
    for name, problem in body["problems"].items():
        parts.append(f"<h2 id='{html.escape(name)}'>{html.escape(problem['title'])}</h2>")
        parts.append(_facts(problem))
        parts.append(_systems(problem))
        parts += _plots(problem)
    if about["encoders"]:
        parts.append("<h2>Text encoder</h2>" + _encoders(about["encoders"]))
    return page("Prediction: ALIMN against what a bank already has", lead, parts)


def _paper(paper: Mapping[str, Any]) -> str:
    columns = paper["columns"]
    found = "<h2>What the paper prints</h2>"
    for title in ("table_1", "table_2"):
        rows = [[name, *(f"{value:.2f}" for value in values)] for name, values in paper[title].items()]
        found += f"<p>{title.replace('_', ' ').capitalize()}, as printed:</p>" + table(["model", *columns], rows)
    return found + "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in paper["known"]) + "</ul>"


def _facts(problem: Mapping[str, Any]) -> str:
    lines = [
        f"{problem['rows']} rows, {100 * problem['positives']:.1f} % positive, {problem['splits']} measurements.",
        problem["source"],
        *problem["notes"],
    ]
    if problem.get("same_split"):
        lines.append("One split under several seeds: sd and p speak of the seeds, not of other periods.")
    return "".join(f'<p class="note">{html.escape(line)}</p>' for line in lines if line)


def _systems(problem: Mapping[str, Any]) -> str:
    columns = problem["columns"]
    rows = []
    for name, row in problem["systems"].items():
        gap = row.get("against_full")
        cells = [f"{row[column]['mean']:.4f} ± {row[column]['sd']:.4f}" for column in columns]
        if gap is None:
            cells += ["", ""]
        else:
            reach = "" if gap["low"] is None else f" [{gap['low']:+.4f}, {gap['high']:+.4f}]"
            cells += [f"{gap['difference']:+.4f}{reach}", "-" if gap["p"] is None else f"{gap['p']:.3f}"]
        rows.append([name, *cells])
    head = ["system", *(_NAMES.get(column, column) for column in columns), "minus Full [95 %]", "p"]
    return table(head, rows)


def _plots(problem: Mapping[str, Any]) -> list[str]:
    systems = problem["systems"]
    found = []
    curves = {
        name: [(one["epoch"], one["watched_auc"]) for one in row["curve"] if "watched_auc" in one]
        for name, row in systems.items()
        if name in ("Full", "network", "ALIMN as printed", "Baseline DNN", "TabM") and row.get("curve")
    }
    if curves:
        found.append(_lines("Training (Fig. 5): AUC on validation rows by epoch, first fold", curves, "epoch", "AUC"))
    losses = {
        term: [(one["epoch"], one[term]) for one in systems["Full"]["curve"] if term in one]
        for term in ("bce", "reg", "aux", "distillation", "total")
        if systems.get("Full", {}).get("curve")
    }
    if losses:
        found.append(_lines("Eq. 11 term by term, the network of Full, first fold", losses, "epoch", "loss"))
    diagrams = {
        name: [(one["predicted"], one["observed"]) for one in row["reliability"]]
        for name, row in systems.items()
        if "reliability" in row and name in ("Full", "Full, calibration none", "LightGBM", "LR", "CatBoost", "RF")
    }
    if diagrams:
        found.append(_lines("Reliability: share of positives by predicted probability, all test rows", diagrams,
                            "predicted", "observed", diagonal=True))  # fmt: skip
    gains = {
        name: list(zip(row["qini_curve"]["share"], row["qini_curve"]["gain"], strict=True))
        for name, row in systems.items()
        if "qini_curve" in row
    }
    if gains:
        found.append(
            _lines("Qini curves, first fold", gains, "share of customers written to", "extra visits a customer")
        )
    if "figure_4" in problem:
        found.append(_figure_4(problem["figure_4"]))
    return found


def _lines(
    title: str, lines: Mapping[str, Sequence[tuple[float, float]]], x: str, y: str, *, diagonal: bool = False
) -> str:
    from matplotlib.figure import Figure

    lines = {name: points for name, points in lines.items() if points}
    figure = Figure(figsize=(7.5, 3.4), layout="constrained")
    axes = figure.subplots()
    for place, (name, points) in enumerate(lines.items()):
        axes.plot(
            *zip(*points, strict=True), marker=".", label=name, color=COLOURS[place % len(COLOURS)], linewidth=1.2
        )
    if diagonal:
        most = max(value for points in lines.values() for point in points for value in point)
        axes.plot([0, most], [0, most], color="#999", linewidth=0.8, linestyle="--")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    if lines:
        axes.legend(fontsize=7, frameon=False)
    return _drawn(figure, title)


def _figure_4(data: Mapping[str, Any]) -> str:
    from matplotlib.figure import Figure

    names = list(data["histograms"])
    figure = Figure(figsize=(9, 2.6 + 1.6 * ((len(names) + 3) // 4)), layout="constrained")
    grid = figure.add_gridspec(1 + (len(names) + 3) // 4, 4, height_ratios=[1.6] + [1] * ((len(names) + 3) // 4))
    left, right = figure.add_subplot(grid[0, :2]), figure.add_subplot(grid[0, 2:])
    for value, colour, label in ((0, "#9db4cf", "no"), (1, "#b3471d", "yes")):
        points = [one for one, answer in zip(data["points"], data["positive"], strict=True) if answer == value]
        if points:
            x, y = zip(*points, strict=True)
            left.scatter(x, y, s=6, color=colour, label=label, linewidths=0)
    left.legend(fontsize=7, frameon=False)
    left.set_title("first two components", fontsize=8)
    right.bar(range(1, len(data["explained"]) + 1), data["explained"], color="#1f4e8c")
    right.set_title("share of variance by component", fontsize=8)
    for place, name in enumerate(names):
        axes = figure.add_subplot(grid[1 + place // 4, place % 4])
        histogram = data["histograms"][name]
        axes.stairs(histogram["counts"], histogram["edges"], fill=True, color="#7fa3cc")
        axes.set_title(name, fontsize=7)
        axes.tick_params(labelsize=6)
    return _drawn(figure, "Fig. 4: PCA of the augmented features, and standardised columns (first training fold)")


def _encoders(figures: Mapping[str, Any]) -> str:
    rows = []
    for kind, row in figures.items():
        for name, value in row.items():
            pairs = value.items() if isinstance(value, dict) else [("", one) for one in value]
            rows.append([kind, name, ", ".join(f"{key} {one:.4g}".strip() for key, one in pairs)])
    note = "<p class='note'>Probes: Banking77 intents that instruction tuning never saw, nearest mean of five.</p>"
    return note + table(["encoder", "what", "figures"], rows)


def _drawn(figure: Any, title: str) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    svg = out.getvalue()
    return f"<figure><figcaption>{html.escape(title)}</figcaption>{svg[svg.index('<svg') :]}</figure>"
