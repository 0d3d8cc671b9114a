"""Figures in their roles: each role of a kind gets its figure, where bound, period and unit say what the kind says."""

from __future__ import annotations

import regex

from ragmarket.knowledge.catalogue import Kind, Role
from ragmarket.retrieval.fact_conditions import ConditionLexicon
from ragmarket.retrieval.fact_groups import Group, plain
from ragmarket.retrieval.figures_context import label_end
from ragmarket.schemas.evidence import EVENTS, Figure

# Units that every language pack has a form for.
PHRASABLE_UNITS = frozenset(
    (
        "INR",
        "percent",
        "day",
        "working_day",
        "week",
        "month",
        "year",
        "hour",
        "minute",
        "point",
        "none",
        "gram",
        "kilogram",
    )
)
SLAB_BEFORE = regex.compile(
    r"\b(?:for|on|of|loans?|deposits?|limits?|amounts?|transactions?|balances?|spends?|sanction\w*"
    r"|outstanding|dues?|between|where|with|if|from|accounts?)\b"
    r"(?:\s+(?:the|a|an|is|of|up|to|above|below|between|over|more|less|than|exceeding|loan|deposit|amount"
    r"|balance|balances|transaction|transactions|and|from|value|values|each|daily|end-of-day|minimum|maximum"
    r"|statement|total|due|outstanding|limit|limits|not))*\s*\(?$",
    regex.I,
)
_HELD = regex.compile(r"\b(?:holdings?|loans?|deposits?|limits?|balances?|transactions?|dues?)\b[^.;:]{0,20}$", regex.I)
_FRAME = regex.compile(
    r"\b(?:in|during) (?:a|any|one|each|every|the) (?:single |calendar |financial |full |policy )*"
    r"(?P<unit>day|month|quarter|year)\b",
    regex.I,
)


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


def fill(
    kind: Kind, groups: list[Group], view: str, *, limit: bool = False
) -> tuple[dict[str, Group], list[Group], str | None]:
    """Give each role of the kind its figure.

    Args:
        kind: The kind.
        groups: Figures and ranges of the statement.
        view: The statement.
        limit: The kind's amount is a limit to be passed: "above" and "up to" say no more than the kind.

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
        problem = _problem(name, role, best, view, limit=limit)
        if problem:
            return filled, rest, problem
        rest.remove(best)
        told = _as_length(kind, role, _narrowed(role, best), view)
        # The kind's words call the amount a limit, so that a bound would say it twice ("a limit of above ₹50,000").
        filled[name] = Group(plain(told.low)) if limit and told.high is None and role.type == "amount" else told
    return filled, rest, None


def _same_period(role: Role, figure: Figure) -> bool:
    """Whether a figure has the period of its role; the kind's own words name the event that it counts by."""
    return figure.period == role.period or (role.period in EVENTS and figure.period in EVENTS)


def _fit(role: Role, group: Group, view: str, stop: int) -> int:
    score = 4 if stop and group.start >= stop else 0
    if role.bound and group.high is None:
        score += 3 if group.low.bound == role.bound else 0 if bound_fits(role, group.low, view) else -3
    if role.type == "amount" and slab_like(group) and SLAB_BEFORE.search(view[: group.start]):
        score -= 2
    return score


def _problem(name: str, role: Role, group: Group, view: str, *, limit: bool) -> str | None:
    for figure in (group.low, group.high):
        if figure is None:
            continue
        if figure.unit not in PHRASABLE_UNITS or (figure.type == "age" and figure.unit != "year"):
            return f"{figure.text!r} is in a unit that no language pack can say ({figure.unit})"
        if role.period and figure.period and not _same_period(role, figure):
            return f"{figure.text!r} is per {figure.period}, the kind says per {role.period}"
        if role.type == "age" and group.high is None and figure.bound == "exact":
            return f"{figure.text!r} is said neither to be the least nor the greatest age"
        if not limit and role.type in ("rate", "amount") and role.bound is None and figure.bound in ("above", "below"):
            return f"{figure.text!r} is {figure.bound!r}, the kind states the {name} itself"
    if group.high and group.low.period and group.high.period and group.low.period != group.high.period:
        return f"the ends of the range {group.low.text!r}, {group.high.text!r} have different periods"
    if group.high is None:
        if not limit and not bound_fits(role, group.low, view):
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
        return Group(plain(group.low))
    return group


def slab_like(group: Group) -> bool:
    """Whether the group reads as a slab: a range, or a bounded figure."""
    return group.high is not None or group.low.bound in ("up_to", "above", "below", "from", "within")


def unstated_period(kind: Kind, filled: dict[str, Group], text: str, lexicon: ConditionLexicon) -> str | None:
    """A period that the kind's phrasings say and that neither a figure nor the text around it states, or None.

    What passes a threshold is counted by the year of the law that set it, which a document need not say again.
    """
    for name, role in kind.roles.items():
        group = filled.get(name)
        if not role.period or not group or _same_period(role, group.low) or kind.id in lexicon.thresholds:
            continue
        if not lexicon.states_period(kind.id, role.period, text):
            return f"{group.low.text!r} is not said to be per {role.period}"
    return None


def lost_period(kind: Kind, figures: list[Figure], view: str, lexicon: ConditionLexicon) -> str | None:
    """A time for which the statement holds ("in a financial year") that neither the kind nor a figure says, or None."""
    said = {role.period for role in kind.roles.values()} | {figure.period for figure in figures}
    for match in _FRAME.finditer(view):
        if match["unit"].lower() not in said and kind.id not in lexicon.timed:
            return f"{match[0]!r} would be lost"
    return None
