"""The data card: what was invented, how, and what can be known of it at best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ragmarket.signals.simulate import rates as w
from ragmarket.signals.simulate.aims import PAGE_PAIRS, PAYEE_PAIRS, STAY
from ragmarket.signals.simulate.people import SEGMENTS, STATES
from ragmarket.signals.tables import TABLES
from ragmarket.signals.truth_tables import HEADS

if TYPE_CHECKING:
    from ragmarket.signals.simulate.presets import Preset

VERSION = 1
INVENTED = (
    "Every customer, payment, visit, note and answer is invented for a fictional bank; no row was ever taken from a "
    "person, and no share or amount was measured at a bank. Figures found on these tables say how well a method finds "
    "what was hidden here; they promise nothing about real customers."
)
HIDDEN = (
    "Segment, life stage, engagement and the preferences of channel, timing and contact never change; the intent is a "
    "Markov chain over months. They drive all behaviour and stand only in the tables of truth."
)
TOLD = (
    "Each intent shares the pages it views with one intent and its payees with another. Inside a pair only the order "
    "of pages, the recurrence and timing of payments, searches and the wording of notes differ, so that counts and "
    "columns tell less than sequences and text. In a control world these are drawn without regard to anything hidden."
)
TILES = {
    "free": (
        "The four tiles of a home page are drawn evenly from all products, as in a trial with chance exposure. A "
        "visitor clicks one of them or passes on (a conditional logit), so that clicks lie where a tile serves the "
        "purpose of the visit. Of what a tile is worth the share `idle_clicks` is the same for all tiles and purposes. "
        "No public figure tells it; it was set without regard to any result, and `eval/intents.py` shows how its "
        "figures move with it."
    ),
    "forced": (
        "The four tiles of a home page are drawn evenly from all products. A fixed share of visits click one of them "
        "whatever is on show, so that most clicks tell where a tile stood: meant for comparison. Of what a tile is "
        "worth the share `idle_clicks` is the same for all tiles and purposes."
    ),
}


def card(preset: Preset, seed: int, tables: dict[str, Any], bounds: dict[str, Any] | None) -> dict[str, Any]:
    """The card as plain values.

    Args:
        preset: The bank.
        seed: The seed of the run.
        tables: Name to rows and hash.
        bounds: Figures of `ragmarket.signals.simulate.bounds.summary`.
    """
    return {
        "version": VERSION,
        "origin": "simulated by ragmarket.signals.simulate; no real person, no real bank",
        "preset": preset.model_dump(mode="json"),
        "seed": seed,
        "invented": INVENTED,
        "hidden": HIDDEN,
        "told": TOLD,
        "tiles": TILES[preset.tile_choice],
        "distributions": {
            "segments": {name: walk.share for name, walk in SEGMENTS.items()},
            "states": {name: share for name, (share, _, _) in STATES.items()},
            "intent_stays": STAY,
            "errands": preset.errand,
            "tile_choice": preset.tile_choice,
            "idle_clicks": preset.idle_clicks,
            "tile_clicks": w.CLICKS,
            "purposeful_payments": w.PURPOSEFUL,
            "page_pairs": [[first, second] for first, second, _ in PAGE_PAIRS],
            "payee_pairs": [[first, second] for first, second, _ in PAYEE_PAIRS],
            "session_kinds": {"app": w.SESSION_KINDS[0], "web": w.SESSION_KINDS[1], "no_login": w.SESSION_KINDS[2]},
            "hold_out": w.HOLDOUT,
        },
        "tables": {name: {"role": TABLES[name].role, **told} for name, told in tables.items()},
        "bounds": bounds,
    }


def page(told: dict[str, Any]) -> str:
    """The card as Markdown."""
    bank = told["preset"]
    lines = [
        f"# Simulated customers: preset `{bank['name']}`, seed {told['seed']}",
        "",
        f"{bank['customers']:,} customers, {bank['periods']} months from {bank['start']}.",
        "",
        told["invented"],
        "",
        told["hidden"],
        "",
        told["told"],
        "",
        told["tiles"],
        "",
        "## Tables",
        "",
        "| table | role | rows | SHA-256 of the rows as CSV |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {one['role']} | {one['rows']:,} | `{one['sha256']}` |" for name, one in told["tables"].items()
    ]
    for name in told["tables"]:
        table = TABLES[name]
        lines += ["", f"### {name}", "", table.meaning, "", "| column | kind | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| {one.name} | {one.kind} | {one.unit} | {one.meaning} |" for one in table.columns]
    if told["bounds"]:
        lines += ["", *_bounds(told["bounds"])]
    return "\n".join(lines) + "\n"


def _bounds(figures: dict[str, Any]) -> list[str]:
    response = figures["response"]
    touched = f"{response['rows']:,} touches went out and {response['prevalence']:.1%} were answered."
    lines = [
        "## The best that can be known",
        "",
        f"{touched} Known before the answer, by exact filtering; 95 % intervals over customers.",
        "",
        "| seen | AUC | F1 at its best threshold |",
        "|---|---|---|",
    ]
    for view in ("truth", "linked", "all", "columns"):
        one = response[view]
        cells = (
            f"{one[key]:.4f} ({one[f'{key}_interval'][0]:.4f} to {one[f'{key}_interval'][1]:.4f})"
            for key in ("auc", "f1")
        )
        lines.append(f"| {view} | {' | '.join(cells)} |")
    lines += ["", "| target | most common | columns | all | linked |", "|---|---|---|---|---|"]
    for head, one in figures.items():
        if head in HEADS:
            cells = (
                f"{one[view]['accuracy']:.3f} (NMI {one[view]['nmi']:.2f})" for view in ("columns", "all", "linked")
            )
            lines.append(f"| {head} | {one['most_common']:.3f} | {' | '.join(cells)} |")
    lines += ["", "The bound of the columns leaves out the sums of debits and credits, which tell next to nothing."]
    one = figures["session_intent"]
    lines += ["", f"A single session's purpose, from that session alone: {one['accuracy']:.3f} (NMI {one['nmi']:.2f})."]
    told = ", ".join(f"{sight} {tile['log_loss']:.3f} ({tile['right']:.3f})" for sight, tile in one["tiles"].items())
    lines += ["", f"The clicked one of four tiles, before they are shown, log loss (share ranked first): {told}."]
    return lines
