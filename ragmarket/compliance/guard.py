"""The guard: guardrails-ai, kept quiet, runs the validators on the final text and its answer is read as findings."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from ragmarket.compliance.explain import explain
from ragmarket.compliance.mending import Mender
from ragmarket.compliance.packs import Circumstance
from ragmarket.compliance.paraphrase.check import without_echoes
from ragmarket.compliance.paraphrase.model import SHIPPED, ClaimModel, load
from ragmarket.compliance.phrasebook import Phrasebook
from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.pack_verbs import INCONCLUSIVE, CopyReading, check_lines, check_needs
from ragmarket.errors import MissingDependency
from ragmarket.protocols import Rewriter
from ragmarket.schemas.base import today
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict, DisclaimerText, Finding, Policy

_LOCK = threading.Lock()
_OF_DISCLAIMERS = frozenset({"policy.no_room", "policy.no_wording", "policy.unapproved"})


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Hide a module from imports made inside the block."""
    held = {name: sys.modules[name] for name in list(sys.modules) if name == module or name.startswith(f"{module}.")}
    for name in held:
        del sys.modules[name]
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
        sys.modules.update(held)


def quiet_guardrails() -> Any:
    """Import guardrails-ai so that it neither reports home nor downloads anything, and return the package.

    Its own switches do not hold: ``enable_metrics`` is read again from the user's file by every new guard, and another
    guard turns the exporter on again. So the exporter is never built, and the flag cannot be set. Its import would also
    fetch nltk's tokenizer data (hidden here) and let litellm fetch a price list.

    Raises:
        MissingDependency: guardrails-ai is not installed.
    """
    with _LOCK:
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        os.environ["GUARDRAILS_RUN_SYNC"] = "true"  # its concurrent runner warns inside a running event loop
        try:
            if "guardrails" in sys.modules:
                import guardrails
            else:
                with _without("nltk"), warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)  # its own dependencies' affair
                    import guardrails
            from guardrails.settings import settings
            from guardrails.utils.hub_telemetry_utils import HubTelemetry
        except ImportError as error:
            raise MissingDependency("guardrails-ai", "compliance") from error
        if not getattr(HubTelemetry, "_ragmarket_quiet", False):
            HubTelemetry.initialize_tracer = _no_tracer
            HubTelemetry._enabled = property(lambda _: False, lambda _, __: None)  # noqa: SLF001 (no public switch holds)
            HubTelemetry._ragmarket_quiet = True  # noqa: SLF001
            HubTelemetry._instance = None  # noqa: SLF001 (one made before had its exporter)
        settings.disable_tracing = True
        return guardrails


def _no_tracer(*_: object, **__: object) -> None:
    return None


class GuardedReview:
    """Runs all rules on one text through guardrails-ai.

    Args:
        book: Gives policy for `check`, the ledger for near-copies, and the claim rules.
        classifier: Folder of the classifier of paraphrased claims; None does without it.
        rewriters: Who proposes lawful sentences before the phrasebook does; what none of them mends, it may.
    """

    def __init__(self, book: PolicyBook, classifier: Path | None = SHIPPED, rewriters: Sequence[Rewriter] = ()) -> None:
        self._book = book
        self._rewriters = tuple(rewriters)
        self._folder = classifier
        self._local = threading.local()
        self._known: dict[date, tuple[DisclaimerText, ...]] = {}

    def warm_up(self) -> None:
        """Import guardrails-ai, build this thread's guard and read the classifier and the policy rules' words."""
        self._guard()
        _ = self._classifier, self._book.packs.idea_lexicon

    @cached_property
    def _classifier(self) -> ClaimModel | None:
        return None if self._folder is None else load(self._folder)

    def _guard(self) -> Any:
        # A guard keeps the history of its calls, so threads do not share one.
        guard = getattr(self._local, "guard", None)
        if guard is None:
            guardrails = quiet_guardrails()
            from ragmarket.compliance.validators import all_validators

            guard = guardrails.Guard(name="ragmarket-review", history_max_length=1).use(*all_validators())
            self._local.guard = guard
        return guard

    def _wordings(self, day: date) -> tuple[DisclaimerText, ...]:
        if day not in self._known:
            self._known[day] = self._book.ledger.texts(production=self._book.production, day=day)
        return self._known[day]

    def findings(
        self, text: str, policy: Policy, subject: str | None = None, *, body_only: bool = False
    ) -> tuple[Finding, ...]:
        """Findings on one text, in order of place; spans are code points of ``text``.

        ``body_only`` does not ask for disclaimers. Policy's own refusals are not repeated here.
        """
        guard = self._guard()
        from ragmarket.compliance.guarded import CALL, Call, read_findings

        call = Call(text, policy, self._book.packs, self._wordings(policy.as_of), subject, body_only, self._classifier)
        if not text.strip():
            # guardrails does not validate an empty output.
            empty = Finding(rule="channel.empty", severity="block", message="there is no text", start=0, end=len(text))
            return explain((empty,), self._book.packs)
        outcome = guard.validate(text, metadata={CALL: call})
        return explain(without_echoes(read_findings(outcome)), self._book.packs)

    def _mended(self, text: str, policy: Policy, *, body_only: bool) -> tuple[Finding, ...]:
        def review(copy: str, bound: Policy) -> tuple[Finding, ...]:
            return self.findings(copy, bound, body_only=body_only)

        def lawful(sentence: str, bound: Policy) -> bool:
            found = self.findings(sentence, bound, body_only=True)
            return not any(one.start is not None and one.severity != "info" for one in found)

        rewriters = (*self._rewriters, Phrasebook(self._book.packs.lexicon.sources, lawful))
        return Mender(rewriters, review).mend(review(text, policy), text, policy)

    def _beside(self, request: CheckRequest, policy: Policy, *, body_only: bool) -> tuple[Finding, ...]:
        """What only copy that is ready to be sent can be asked for: lines at its edges, and what no text shows."""
        packs, bound = self._book.packs, {*policy.rules}
        rules = [rule for rule in packs.rules if rule.id in bound]
        given = {name: getattr(request, name) for name in get_args(Circumstance)}
        found = [one for rule in rules for one in check_needs(rule, given)]
        if not body_only and any(rule.text_must and not rule.text_when for rule in rules):
            copy = CopyReading(request.text, packs.idea_lexicon)
            found += check_lines(copy, rules, packs.ideas, policy.language)
        return explain(found, packs)

    def check(self, request: CheckRequest, *, body_only: bool = False) -> CheckVerdict:
        """Check copy that somebody else wrote: it fails when a finding blocks, or the classifier asks for a person.

        Without a day of its own it is checked under the rules of `today`. A combination that policy refuses fails too;
        where only the body is checked, refusals for want of room or of an approved wording do not count.
        """
        policy = self._book.resolve(
            product_class=request.product_class,
            channel=request.channel,
            language=request.language,
            as_of=request.as_of or today(),
        )
        refusals = [one for one in policy.refusals if not body_only or one.rule not in _OF_DISCLAIMERS]
        refusals = list(explain(refusals, self._book.packs))
        found = [*refusals, *self._mended(request.text, policy, body_only=body_only)]
        found += self._beside(request, policy, body_only=body_only)
        # What a person has to decide may not simply be sent.
        fails = any(finding.severity == "block" or finding.origin == "classifier" for finding in found)
        undecided = {one.rule for one in found if one.severity == "review" and INCONCLUSIVE in one.message}
        return CheckVerdict(
            id=request.id,
            verdict="fail" if fails else "pass",
            findings=tuple(found),
            inconclusive=tuple(sorted(undecided)),
        )
