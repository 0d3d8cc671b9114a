"""Figure-conditions: what a figure beside the fact means ("loans above ₹30 lakh", "minimum ₹999")."""

from __future__ import annotations

import regex

from ragmarket.knowledge.catalogue import Kind
from ragmarket.retrieval.fact_groups import Group, plain
from ragmarket.retrieval.fact_roles import PHRASABLE_UNITS, SLAB_BEFORE, slab_like
from ragmarket.retrieval.figures_context import label_end

# "closed before 6 months", "after 12 months" say how long the contract has run; the condition says its tenure.
_CLOSED_EARLY = ("prepayment_charge", "prepayment_nil", "fd_premature_penalty")
_ELAPSED = ("within", "after", "below")
_RUN = regex.compile(
    r"\b(?:before|within|after|complet\w+|beyond|held|run|ran|paid|remain\w*|since|first|past|from)\b[^.;]{0,24}$",
    regex.I,
)
_COVER = regex.compile(r"\b(?:cover|sum assured|sum insured|coverage)\b[^.;,]{0,16}$", regex.I)
_COVER_AFTER = regex.compile(r"\s*(?:of\s+)?(?:life\s+|health\s+)?(?:cover|sum assured|sum insured)\b", regex.I)
_TIME = regex.compile(r"\b(?:term|tenure|tenor|period|duration)\b[^.;,]{0,24}$|\b(?:over|for)\s+$", regex.I)
_TIME_AFTER = regex.compile(r"\s*['’]?s?\s*(?:\p{L}+\s+)?(?:term|tenure|period|polic\w+|cover|plan)\b", regex.I)
_AT_ENTRY = regex.compile(r"\b(?:entry|enter\w*|join\w*|inception|bought|buying|start\w*|first)\b", regex.I)
_FLOOR = regex.compile(r"\b(?:min(?:imum)?\b|floor|subject to (?:a )?minimum|at least|not less than)", regex.I)
_CAP = regex.compile(
    r"\b(?:max(?:imum)?\b|cap\b|capped|ceiling|subject to (?:a )?maximum|not exceeding|up to|upto|not more than)",
    regex.I,
)


def side_condition(kind: Kind, group: Group, view: str, main: list[Group]) -> tuple[str, Group] | None:
    """The figure-condition that a left-over figure is ("loans above ₹30 lakh"), or None where it fits none."""
    figure = group.low
    if any(f is not None and f.unit not in PHRASABLE_UNITS for f in (group.low, group.high)):
        return None
    before, after = view[: group.start], view[group.end :]
    stop = label_end(view)
    in_label = group.end <= stop
    if figure.type == "amount":
        return _amount_condition(kind, group, before, after, in_label=in_label, main=main)
    if figure.type == "age" and kind.id == "co_payment":
        # An age at entry is not the age at the claim, and a bare age would say "at 61" for "from 61 on".
        open_ended = group.high is None and figure.bound in ("from", "above")
        return ("age", group) if open_ended and not _AT_ENTRY.search(before + after) else None
    if figure.type == "age" and (
        "age" in kind.conditions or regex.search(r"\b(?:for|aged|to)\b[^.;,]{0,30}$", before, regex.I)
    ):
        return ("age", group)
    if figure.type == "duration" and "duration" in kind.conditions:
        if kind.id in _CLOSED_EARLY and (figure.bound in _ELAPSED or _RUN.search(before)):
            return None
        # Where years may be an age as well, a word of time has to say that they are none.
        if "age" in kind.conditions and not in_label and not (_TIME.search(before) or _TIME_AFTER.match(after)):
            return None
        near = regex.search(
            r"\b(?:for|of|over|within|after|before|up to|above|between|on completion of|from|beyond"
            r"|more than)\b[^.;]{0,24}$",
            before,
            regex.I,
        )
        return ("duration", group) if near or in_label else None
    if (
        figure.type == "count"
        and figure.unit == "none"
        and 300 <= figure.value <= 900
        and "credit_score" in kind.conditions
    ):
        return ("credit_score", group)
    return None


def _amount_condition(
    kind: Kind, group: Group, before: str, after: str, *, in_label: bool, main: list[Group]
) -> tuple[str, Group] | None:
    follows = any(g.end <= group.start for g in main)
    near = before[-36:]
    rated = any(g.low.type == "rate" for g in main)
    if "cover" in kind.conditions and (_COVER.search(before) or _COVER_AFTER.match(after)):
        return ("cover", group)
    if rated and follows and group.high is None and not in_label:
        higher = regex.match(r"[^.;]{0,12}whichever is (higher|more|greater|lower|less)", after, regex.I)
        floor = bool(higher and higher[1].lower() in ("higher", "more", "greater")) or (
            not higher and figure_is(group, "from") and _FLOOR.search(near)
        )
        cap = bool(higher and higher[1].lower() in ("lower", "less")) or (
            not higher and figure_is(group, "up_to") and _CAP.search(near)
        )
        if floor and "min_charge" in kind.conditions:
            return ("min_charge", Group(plain(group.low)))
        if (
            cap
            and "max_charge" in kind.conditions
            and not regex.search(
                r"\b(?:loans?|deposits?|limits?|transactions?)\s+(?:of\s+)?(?:up to|upto)\s*$", near, regex.I
            )
        ):
            return ("max_charge", Group(plain(group.low)))
    slab = next((c for c in kind.conditions if c in ("amount_slab", "balance_slab", "outstanding_slab")), None)
    if (
        slab
        and slab_like(group)
        and (in_label or SLAB_BEFORE.search(before) or regex.search(r"\bbetween\s*$|\($", before))
    ):
        return (slab, group)
    return None


def figure_is(group: Group, bound: str) -> bool:
    """Whether a single figure carries this bound."""
    return group.high is None and group.low.bound == bound
