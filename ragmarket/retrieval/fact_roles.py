"""Figures in their roles: two ends folded into a range, each figure given a role of the kind, the rest a condition."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import regex

from ragmarket.knowledge.catalogue import Kind, Role
from ragmarket.retrieval.figures_context import label_end, opens_range
from ragmarket.schemas.evidence import Figure

RangeKind = Literal["between", "to_below", "above_to"]
# Units that every language pack has a form for; "2 working days" is not "2 days", so it is never put into words.
PHRASABLE_UNITS = frozenset(
    ("INR", "percent", "day", "week", "month", "year", "hour", "point", "none", "gram", "kilogram")
)
_DAYS = {"day": Decimal(1), "week": Decimal(7), "month": Decimal(30), "year": Decimal(365), "hour": Decimal(1) / 24}
_BETWEEN_ENDS = regex.compile(
    r"[\s,]*(?:p\.?a\.?|per annum|% p\.a\.|years?|months?|of age)?[\s,]*(?:to|-|–|—|and|&|till"
    r"|but)\s*(?:the\s+)?(?:and\s+|but\s+)?(?:age\s+)?"
    r"(?:less than|below|up to|upto|under|a maximum of|maximum|max\.?|not exceeding|not more than)?\s*(?:of\s+)?",
    regex.I,
)
_SLAB_BEFORE = regex.compile(
    r"\b(?:for|on|of|loans?|deposits?|limits?|amounts?|transactions?|balances?|spends?|sanction\w*"
    r"|outstanding|dues?|between|where|with|if|from|accounts?)\b"
    r"(?:\s+(?:the|a|an|is|of|up|to|above|below|between|over|more|less|than|exceeding|loan|deposit|amount"
    r"|balance|balances|transaction|transactions|and|from|value|values|each|daily|end-of-day|minimum|maximum"
    r"|statement|total|due|outstanding|limit|limits|not))*\s*\(?$",
    regex.I,
)
_HELD = regex.compile(r"\b(?:holdings?|loans?|deposits?|limits?|balances?|transactions?|dues?)\b[^.;:]{0,20}$", regex.I)
_COVER = regex.compile(r"\b(?:cover|sum assured|sum insured|coverage)\b[^.;,]{0,16}$", regex.I)
_COVER_AFTER = regex.compile(r"\s*(?:of\s+)?(?:life\s+|health\s+)?(?:cover|sum assured|sum insured)\b", regex.I)
_FLOOR = regex.compile(r"\b(?:min(?:imum)?\b|subject to (?:a )?minimum|at least|not less than)", regex.I)
_CAP = regex.compile(
    r"\b(?:max(?:imum)?\b|cap\b|capped|subject to (?:a )?maximum|not exceeding|up to|upto|not more than)", regex.I
)


@dataclass(frozen=True, slots=True)
class Group:
    """One figure, or the two ends of a range."""

    low: Figure
    high: Figure | None = None
    range_kind: RangeKind = "between"

    @property
    def start(self) -> int:
        """Where the group begins in the view."""
        return self.low.start

    @property
    def end(self) -> int:
        """One past its last character."""
        return (self.high or self.low).end


def _measure(figure: Figure) -> Decimal:
    return figure.value * _DAYS.get(figure.unit, Decimal(1)) if figure.type in ("duration", "age") else figure.value


def _plain(figure: Figure, period: object = None) -> Figure:
    return figure.model_copy(update={"bound": "exact", "period": figure.period or period})


def without_repeats(view: str, figures: list[Figure]) -> list[Figure]:
    """Drop a figure that only repeats its neighbour in parentheses: "₹5,000 (Rupees Five Thousand only)"."""
    kept: list[Figure] = []
    for figure in figures:
        last = kept[-1] if kept else None
        if (
            last
            and last.type == figure.type
            and "(" in view[last.end : figure.start]
            and figure.start - last.end <= 14
            and _same(last, figure)
        ):
            continue
        kept.append(figure)
    return kept


def _same(one: Figure, other: Figure) -> bool:
    if (one.type, one.period, other.period) == ("rate", "month", "year"):
        return one.value * 12 == other.value
    if one.unit == other.unit:
        return one.value == other.value
    months = {"month": 1, "year": 12}
    return (
        one.unit in months and other.unit in months and one.value * months[one.unit] == other.value * months[other.unit]
    )


def groups_of(view: str, figures: list[Figure]) -> list[Group]:
    """Fold figures that are the two ends of one range; alternatives ("12 or 24 months") stay apart."""
    out: list[Group] = []
    i = 0
    while i < len(figures):
        low = figures[i]
        high = figures[i + 1] if i + 1 < len(figures) else None
        kind = _range_kind(view, low, high) if high else None
        if high and kind:
            out.append(Group(_plain(low, high.period), _plain(high, low.period), kind))
            i += 2
        else:
            out.append(Group(low))
            i += 1
    return out


def _range_kind(view: str, low: Figure, high: Figure) -> RangeKind | None:
    if low.type != high.type or low.type in ("date", "ratio") or _measure(low) >= _measure(high):
        return None
    inner = view[low.end : high.start]
    joined = _BETWEEN_ENDS.fullmatch(inner)
    if (
        joined
        and regex.search(r"\band\b|&|\bbut\b", inner)
        and not (opens_range(view, low.start) or high.bound in ("up_to", "below"))
    ):
        return None
    extremes = (
        low.bound == "from"
        and high.bound == "up_to"
        and len(inner) <= 60
        and regex.search(r"max|up to|upto|not", inner, regex.I)
    )
    if not joined and not extremes:
        return None
    if low.bound in ("exact", "from") and high.bound in ("exact", "up_to", "within"):
        return "between"
    if low.bound in ("exact", "from") and high.bound == "below":
        return "to_below"
    if low.bound in ("above", "after") and high.bound in ("exact", "up_to"):
        return "above_to"
    return None


def bound_fits(role: Role, figure: Figure, view: str) -> bool:
    """Whether the bound that the source gives the figure is the one that the kind's phrasings say."""
    said, found = role.bound, figure.bound
    if said is None:
        return True
    if said == "after":
        before = view[: figure.start]
        return found in ("after", "above") or (
            found in ("exact", "from")
            and bool(regex.search(r"\b(?:after|beyond|post|once|complet\w+)\b", before, regex.I))
        )
    fits = {
        "from": {"exact", "from"},
        "up_to": {"exact", "up_to"} | ({"within"} if role.type == "duration" else set()),
        "within": {"within", "up_to", "below"},
    }
    return found in fits.get(said, {"exact", said})


def fill(kind: Kind, groups: list[Group], view: str) -> tuple[dict[str, Group], list[Group], str | None]:
    """Give each role of the kind its figure.

    Returns:
        Roles to groups, the groups left over, and why it failed (None when every role is filled).
    """
    filled: dict[str, Group] = {}
    rest = list(groups)
    stop = label_end(view)
    for name, role in kind.roles.items():
        fitting = [g for g in rest if g.low.type == role.type]
        if not fitting:
            return filled, rest, f"no {role.type} for the role {name}"
        best = max(fitting, key=lambda g: (_fit(role, g, view, stop), -g.start))
        problem = _problem(name, role, best, view)
        if problem:
            return filled, rest, problem
        rest.remove(best)
        filled[name] = _as_length(kind, role, _narrowed(role, best), view)
    return filled, rest, None


def _fit(role: Role, group: Group, view: str, stop: int) -> int:
    score = 4 if stop and group.start >= stop else 0
    if role.bound and group.high is None:
        score += 3 if group.low.bound == role.bound else 0 if bound_fits(role, group.low, view) else -3
    if role.type == "amount" and _slab_like(group) and _SLAB_BEFORE.search(view[: group.start]):
        score -= 2
    return score


def _problem(name: str, role: Role, group: Group, view: str) -> str | None:
    for figure in (group.low, group.high):
        if figure is None:
            continue
        if figure.unit not in PHRASABLE_UNITS or (figure.type == "age" and figure.unit != "year"):
            return f"{figure.text!r} is in a unit that no language pack can say ({figure.unit})"
        if role.period and figure.period and figure.period != role.period:
            return f"{figure.text!r} is per {figure.period}, the kind says per {role.period}"
    if group.high is None:
        if not bound_fits(role, group.low, view):
            return f"{group.low.text!r} is {group.low.bound!r} where the kind says {role.bound!r}"
        if (
            role.type == "amount"
            and role.bound is None
            and group.low.bound in ("above", "below", "up_to")
            and _HELD.search(view[: group.start])
        ):
            return f"{group.low.text!r} is a slab, not the {name}"
    elif role.type == "amount" and group.range_kind != "between":
        return f"a slab stands where the {name} should"
    elif role.bound and (role.bound not in ("from", "up_to") or group.range_kind != "between"):
        return f"a range stands where {name} is {role.bound!r}"
    return None


def _narrowed(role: Role, group: Group) -> Group:
    """A range where the kind states one end: "₹50,000 to ₹20 lakh" states a smallest and a largest loan."""
    if group.high is None or role.bound is None:
        return group
    return Group(group.low if role.bound == "from" else group.high)


def _as_length(kind: Kind, role: Role, group: Group, view: str) -> Group:
    """A length told by its end ("covered after 36 months" is a waiting period of 36 months) is the length itself."""
    told = group.low.bound in ("within", "after") or (
        kind.id.startswith("waiting_period") and regex.search(r"\bfrom\s+$", view[: group.start], regex.I)
    )
    if role.type == "duration" and role.bound is None and group.high is None and told:
        return Group(_plain(group.low))
    return group


def _slab_like(group: Group) -> bool:
    return group.high is not None or group.low.bound in ("up_to", "above", "below", "from", "within")


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
    if figure.type == "age" and (
        "age" in kind.conditions or regex.search(r"\b(?:for|aged|to)\b[^.;,]{0,30}$", before, regex.I)
    ):
        return ("age", group)
    if figure.type == "duration" and "duration" in kind.conditions:
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
            return ("min_charge", Group(_plain(group.low)))
        if (
            cap
            and "max_charge" in kind.conditions
            and not regex.search(
                r"\b(?:loans?|deposits?|limits?|transactions?)\s+(?:of\s+)?(?:up to|upto)\s*$", near, regex.I
            )
        ):
            return ("max_charge", Group(_plain(group.low)))
    slab = next((c for c in kind.conditions if c in ("amount_slab", "balance_slab", "outstanding_slab")), None)
    if (
        slab
        and _slab_like(group)
        and (in_label or _SLAB_BEFORE.search(before) or regex.search(r"\bbetween\s*$|\($", before))
    ):
        return (slab, group)
    return None


def figure_is(group: Group, bound: str) -> bool:
    """Whether a single figure carries this bound."""
    return group.high is None and group.low.bound == bound
