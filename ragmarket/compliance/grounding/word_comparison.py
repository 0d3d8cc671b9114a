"""The claim's words against the evidence's, by concepts: subject, polarity, direction, rivals.

A subject or restriction that the evidence never mentions is unsupported; one that it denies, or puts another in the
place of, is contradicted.
"""

from __future__ import annotations

from ragmarket.compliance.grounding.frame import SOFT_WEIGHT, Frame, Outcome
from ragmarket.compliance.grounding.reading import COSTS, Clause, Statement
from ragmarket.compliance.grounding.sizes import SENIOR_MONTHS

_ALIEN, _UNDERSTOOD = 0.15, 0.85


class WordComparison(Frame):
    """Holds the claim's concepts against the evidence's."""

    def coverage(self, found: Outcome) -> None:
        """Every subject and restriction of the claim has to be one of the evidence's."""
        senior_by_age = any(q.kind == "months" and q.value == SENIOR_MONTHS for q in self._claim.quantities)
        for mention in self._claim.mentions:
            demanded = mention.ids & (self._topics | self._audiences)
            if not demanded or mention.ids & self._said or mention.ids & frozenset(self._known.soft):
                rooted = bool(mention.ids & self._said & (self._topics | self._audiences))
                found.rooted, found.touched = found.rooted or rooted, found.touched or rooted
                continue
            if "senior" in mention.ids and senior_by_age:
                continue
            word = self._claim.text[mention.start : mention.end]
            if mention.ids & self._audiences and not mention.ids & self._loose:
                rival = any(
                    set(group) & mention.ids and (set(group) - mention.ids) & self._said for group in self._known.rivals
                )
                message = f"the evidence restricts nothing to “{word}”"
                found.faults.append(
                    ("contradicted" if rival else "unsupported", self._reason("condition_added", message, mention))
                )
            else:
                message = f"the evidence does not speak of “{word}”"
                code = "wording_absent" if mention.ids & self._loose else "subject_absent"
                found.faults.append(("unsupported", self._reason(code, message, mention)))

    def words(self, found: Outcome, *, counted: bool) -> None:
        """A claim without a figure that is borne out: subject, polarity and restriction of the nearest clause."""
        wanted = self._claim.concepts
        best: tuple[float, Statement, Clause] | None = None
        for one in self._evidence:
            for clause in one.clauses:
                shared = self._known.closed(one.within(clause)) & wanted
                score = sum(1.0 if id_ in self._topics or id_ in self._audiences else SOFT_WEIGHT for id_ in shared)
                whole = self._known.closed(one.concepts) & wanted
                score += 0.1 * len(whole)
                if score > 0 and (best is None or score > best[0]):
                    best = (score, one, clause)
        if best is None:
            return
        _, statement, clause = best
        found.best = found.best or statement
        if counted:
            return
        own = max(
            self._claim.clauses,
            key=lambda one: len(self._claim.within(one) & self._known.closed(statement.within(clause))),
        )
        if self._turned_round():
            code = "polarity" if self._mixed() else "negation"
            reason = self._reason(code, "one of the two denies what the other states", None, statement)
            found.faults.append(("contradicted", reason))
        for name, other in (("before", "after"), ("higher", "lower")):
            for mine, theirs in ((name, other), (other, name)):
                if own.marks & {mine, theirs} == {mine} and clause.marks & {mine, theirs} == {theirs}:
                    message = f"“{mine}” in the claim, “{theirs}” in the evidence"
                    reason = self._reason("direction", message, None, statement)
                    found.faults.append(("contradicted", reason))
        if "only" in own.marks and not statement.marks & {"only", "conditions"} and "all" in statement.marks:
            reason = self._reason("condition", "“only” in the claim, “any” in the evidence", None, statement)
            found.faults.append(("contradicted", reason))
        if not found.fault and self._widened(own, statement, clause):
            message = "the evidence sets a condition that the claim does not tell"
            found.faults.append(("unsupported", self._reason("condition_dropped", message, None, statement)))
        shared = self._known.closed(statement.concepts) & wanted
        found.touched = found.touched or bool(shared & (self._topics | self._audiences)) or len(shared) > 1
        if not found.fault and found.touched:
            found.borne.append(self._reason("words", "the evidence speaks of this in the same sense", None, statement))

    def _widened(self, own: Clause, statement: Statement, clause: Clause) -> bool:
        """Whether the claim waives, or promises to all, what the evidence does under a condition with a figure."""
        told = self._claim.marks & {"conditions", "after", "before", "only"} or self._claim.quantities
        if told or not ((own.denied and clause.denied) or "all" in self._claim.marks):
            return False
        limits = [q for q in statement.quantities if q.sign or q.edge]
        return bool(limits) and bool(statement.marks & {"conditions", "after", "before", "higher"})

    def _overlap(self, own: Clause, statement: Statement, clause: Clause) -> float:
        there, wanted = self._known.closed(self._about(statement, clause)), self._about(self._claim, own)
        alien = len((statement.within(clause) & self._topics) - self._claim.concepts)
        # What is only understood from the clause before is said more plainly there.
        plain = _UNDERSTOOD if self._about(statement, clause) - statement.within(clause) else 1.0
        return plain * sum(self._worth(id_) for id_ in wanted & there) - (_ALIEN * alien if wanted & there else 0.0)

    def _turned_round(self) -> bool:
        """Whether a clause of the claim denies what the evidence's nearest clause states, or the other way round."""
        pairs = []
        for own in self._claim.clauses:
            ranked = sorted(
                ((self._overlap(own, one, clause), clause.denied == own.denied, one, clause)
                 for one in self._evidence for clause in one.clauses),
                key=lambda row: (-row[0], not row[1]),
            )  # fmt: skip
            if ranked and ranked[0][0] > 0:
                pairs.append((own, *ranked[0][1:]))
        for own, agrees, statement, clause in pairs:
            at = self._claim.clauses.index(own)
            aside = at and self._claim.text[own.start - 1] == "(" and self._claim.clauses[at - 1].denied
            if not agrees and aside and not own.denied:
                continue  # "no charge (on floating rate loans)": a parenthesis shares the fate of what it qualifies
            if agrees:
                if own.gratis and clause.barred and not self._cost(statement, clause):
                    return True
                continue
            if not own.denied and clause.gratis and not self._claim.within(own) & COSTS:
                continue  # the evidence adds that it costs nothing; the claim says nothing of cost
            # "Change it any time, no charge" has the evidence's denial in its other clause.
            if not own.denied and any(
                other.denied and there is clause for other, _, _, there in pairs if other is not own
            ):
                continue
            return True
        return False

    def _mixed(self) -> bool:
        """Whether the evidence both states and denies of what the claim speaks of, so that either may be meant."""
        said = {
            clause.denied
            for one in self._evidence
            for clause in one.clauses
            for own in self._claim.clauses
            if self._overlap(own, one, clause) > 0
        }
        return len(said) > 1

    @staticmethod
    def _cost(statement: Statement, clause: Clause) -> bool:
        return bool(statement.within(clause) & COSTS)

    def rivals(self, found: Outcome) -> None:
        """Find what stands in the evidence in place of what the claim names."""
        wanted = self._claim.concepts
        there = self._known.closed(found.best.concepts) if found.best else self._said
        for group in self._known.rivals:
            own, other = wanted & frozenset(group), there & frozenset(group)
            if own and other and not own & self._said:
                mention = next(one for one in self._claim.mentions if one.ids & own)
                if mention.ids & there:
                    continue
                word = self._claim.text[mention.start : mention.end]
                message = f"the evidence says another thing in place of “{word}”"
                found.faults.append(("contradicted", self._reason("exchanged", message, mention, found.best)))
                return
