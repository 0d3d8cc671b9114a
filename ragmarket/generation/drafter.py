"""The drafter: evidence and policy in, a `Draft` of claims out, through one prompt, one grammar and any engine."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from ragmarket.errors import NothingToSay, UndecodableOutput
from ragmarket.generation.decoding import parse_draft
from ragmarket.generation.grammar import build_grammar
from ragmarket.generation.prompt import build_prompt
from ragmarket.generation.task import Fact, WritingTask, facts_of, needs_of, tellable
from ragmarket.knowledge.angles import Angles, leaning
from ragmarket.knowledge.language import LanguagePack
from ragmarket.protocols import Engine
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import Finding, Policy
from ragmarket.schemas.draft import Draft, Generation
from ragmarket.schemas.evidence import Evidence
from ragmarket.schemas.prediction import Prediction

MAX_TOKENS = 640
REWRITE_TEMPERATURE = 0.7
TOO_LONG = frozenset({"channel.length", "channel.sms_segments"})


class GroundedDrafter:
    """Writes claims under the request's grammar.

    Args:
        engine: Continues the prompt.
        packs: Language packs by language.
        angles: Which aim an intent has.
        free_attempts: How many attempts may use words of the writer's own; later ones are held to the phrasebook.
    """

    def __init__(
        self, engine: Engine, packs: Mapping[str, LanguagePack], angles: Angles, free_attempts: int = 2
    ) -> None:
        self._engine = engine
        self._packs = packs
        self._angles = angles
        self._free_attempts = free_attempts

    def task(
        self,
        brief: Brief,
        prediction: Prediction,
        policy: Policy,
        evidence: Sequence[Evidence],
        findings: Sequence[Finding],
        attempt: int,
    ) -> WritingTask:
        """The writing task of one attempt.

        Facts that a finding of an earlier attempt points at are left out, unless policy demands them; each time that
        the message was too long, one claim fewer is asked for.

        Raises:
            NothingToSay: No phrasable fact is left, or policy's demands cannot all be met.
        """
        facts, needs = tellable(*self._facts(policy, evidence))
        blamed = {finding.evidence for finding in findings if finding.evidence}
        if blamed:
            kept = [fact for fact in facts if fact.must or fact.id not in blamed]
            facts, needs = tellable(kept, needs)
        if not facts:
            raise NothingToSay("no retrieved fact of this product can be put into words here")
        if brief.seed or attempt:
            facts = self._shuffled(facts, brief.seed + attempt)
        too_long = sum(finding.rule in TOO_LONG for finding in findings)
        most = max(1, min(policy.max_claims, brief.max_claims or policy.max_claims, len(facts)) - too_long)
        required = sum(fact.must for fact in facts)
        if required > policy.max_claims:
            raise NothingToSay(
                f"policy demands {required} facts, but {policy.channel} holds {policy.max_claims} claims"
            )
        intent = self._angles.intents.get(prediction.intent)
        weights = self._angles.weights(
            prediction.intent,
            prediction.segment,
            policy.product_class,
            self._angles.region(brief.region, brief.language),
            brief.as_of or policy.as_of,
        )
        return WritingTask(
            language=brief.language,
            channel=brief.channel,
            product_class=policy.product_class,
            intent=prediction.intent,
            aim=intent.aim if intent else "learn",
            angle=leaning(weights),
            style=self._angles.style(prediction.segment),
            min_claims=min(policy.min_claims, max(most, required)),
            max_claims=max(most, required),
            facts=facts,
            needs=needs,
        )

    @staticmethod
    def _facts(policy: Policy, evidence: Sequence[Evidence]) -> tuple[tuple[Fact, ...], dict[str, frozenset[str]]]:
        facts = facts_of(evidence, policy.must_say)
        return facts, needs_of(facts, policy)

    @staticmethod
    def _shuffled(facts: Sequence[Fact], seed: int) -> tuple[Fact, ...]:
        """Neighbours change places, so that variants differ while the best facts stay near the front."""
        dice = random.Random(seed)
        order = sorted(range(len(facts)), key=lambda position: position + dice.random() * 3)
        return tuple(facts[position] for position in order)

    def draft(
        self,
        brief: Brief,
        prediction: Prediction,
        policy: Policy,
        evidence: Sequence[Evidence],
        product_name: str,  # noqa: ARG002 (part of the Drafter promise; the name is a slot here)
        findings: Sequence[Finding],
        attempt: int,
    ) -> tuple[Draft, Generation]:
        """Write one draft.

        Raises:
            NothingToSay: See `task`.
            UndecodableOutput: The engine's answer is not a draft.
        """
        task = self.task(brief, prediction, policy, evidence, findings, attempt)
        generation = self._engine.generate(
            build_prompt(task),
            build_grammar(task, self._packs[brief.language], by_the_book=attempt >= self._free_attempts),
            seed=brief.seed * 1009 + attempt,
            max_tokens=MAX_TOKENS,
            temperature=REWRITE_TEMPERATURE if brief.seed or attempt else 0.0,
        )
        try:
            return parse_draft(generation.raw), generation
        except UndecodableOutput as error:
            error.generation = generation
            raise
