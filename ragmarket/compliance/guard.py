"""The guard: guardrails-ai, kept quiet, runs the validators on the final text and its answer is read as findings."""

from __future__ import annotations

import json
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from ragmarket.compliance.policy import PolicyBook
from ragmarket.errors import MissingDependency
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
    """

    def __init__(self, book: PolicyBook) -> None:
        self._book = book
        self._local = threading.local()
        self._known: dict[date, tuple[DisclaimerText, ...]] = {}

    def warm_up(self) -> None:
        """Import guardrails-ai and build this thread's guard."""
        self._guard()

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
        from ragmarket.compliance.validators import CALL, Call

        call = Call(text, policy, self._book.packs.lexicon, self._wordings(policy.as_of), subject, body_only)
        if not text.strip():
            # guardrails does not validate an empty output.
            return (
                Finding(rule="channel.empty", severity="block", message="there is no text", start=0, end=len(text)),
            )
        outcome = guard.validate(text, metadata={CALL: call})
        return _read(outcome)

    def check(self, request: CheckRequest, *, body_only: bool = False) -> CheckVerdict:
        """Check copy that somebody else wrote: it fails when a finding blocks.

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
        found = [*refusals, *self.findings(request.text, policy, body_only=body_only)]
        fails = any(finding.severity == "block" for finding in found)
        return CheckVerdict(id=request.id, verdict="fail" if fails else "pass", findings=tuple(found))


def _read(outcome: Any) -> tuple[Finding, ...]:
    summaries: Sequence[Any] = outcome.validation_summaries or ()
    found: list[Finding] = []
    for summary in summaries:
        try:
            found += [Finding.model_validate(item) for item in json.loads(summary.failure_reason or "")]
        except ValueError:
            # A validator that failed to answer is not a pass.
            message = f"{summary.validator_name} did not finish: {summary.failure_reason}"
            found.append(Finding(rule="guard.fault", severity="block", message=message))
    if not outcome.validation_passed and not found:
        found.append(
            Finding(rule="guard.fault", severity="block", message=str(outcome.error or "the guard did not pass"))
        )
    return tuple(sorted(found, key=lambda finding: (finding.start is None, finding.start or 0, finding.rule)))
