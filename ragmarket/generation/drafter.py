"""The drafter: evidence and policy in, a `Draft` of claims out, through one prompt, one grammar and any engine."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Literal

from ragmarket.errors import NothingToSay, UndecodableOutput
from ragmarket.generation.decoding import parse_draft
from ragmarket.generation.grammar import build_grammar
from ragmarket.generation.planning import arranged, leading, plan
from ragmarket.generation.prompt import build_prompt, register_of
from ragmarket.generation.task import Fact, WritingTask, facts_of, needs_of, tellable
from ragmarket.generation.wording import fitting, naming
from ragmarket.knowledge.angles import Angles, Register, Style, leaning
from ragmarket.knowledge.catalogue import Catalogue, load_catalogue
from ragmarket.knowledge.language import LanguagePack
from ragmarket.protocols import Engine
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import Finding, Policy
from ragmarket.schemas.draft import Draft, Generation
from ragmarket.schemas.evidence import Evidence, Slot
from ragmarket.schemas.prediction import Prediction

MAX_TOKENS = 640
REWRITE_TEMPERATURE = 0.7
# How far apart, as a logarithm, two variants may see the same fact.
SPREAD = 1.2
# With less room than this, in characters, nobody's manner is asked for.
ROOMY = 150
# Register and style of variants in turn where the segment asks for none; ``other`` is what the channel does not use.
VARIED: tuple[tuple[Register | Literal["other"], Style], ...] = (("any", "any"), ("other", "any"), ("any", "full"))
# What a fact weighs whose theme the message does not lead with.
OFF_ANGLE = 0.35
# Characters of one segment of a longer SMS: in GSM-7, and in UCS-2 where a native script stands.
SEGMENT_LATIN, SEGMENT_NATIVE = 153, 67
CHATS = frozenset({"whatsapp"})
TOO_LONG = frozenset({"channel.length", "channel.sms_segments"})


def _room(policy: Policy) -> int | None:
    """How many characters are left beside the mandatory text; None where the channel sets no limit."""
    limits = [policy.max_chars] if policy.max_chars is not None else []
    if policy.max_sms_segments is not None:
        limits.append(policy.max_sms_segments * (SEGMENT_LATIN if policy.language == "en" else SEGMENT_NATIVE))
    return min(limits) - policy.reserved if limits else None


def _places(evidence: Sequence[Evidence]) -> dict[str, tuple[int, ...]]:
    """How facts of one kind follow one another: the least before the most, else as their document has them."""
    return {
        item.id: (
            int(any(slot.low.bound in ("up_to", "below") for slot in item.slots if not _rides(item, slot))),
            item.start,
        )
        for item in evidence
    }


def _rides(item: Evidence, slot: Slot) -> bool:
    return any(condition.slot == slot.name for condition in item.conditions)


class GroundedDrafter:
    """Writes claims under the request's grammar.

    Args:
        engine: Continues the prompt.
        packs: Language packs by language.
        angles: Which aim an intent has.
        free_attempts: How many attempts may use words of the writer's own; later ones are held to the phrasebook.
            Review releases nothing else unless a person looks at it: without one, a free attempt is a vain one.
        catalogue: The fact catalogue; the shipped one by default.
    """

    def __init__(
        self,
        engine: Engine,
        packs: Mapping[str, LanguagePack],
        angles: Angles,
        free_attempts: int = 0,
        catalogue: Catalogue | None = None,
    ) -> None:
        self._engine = engine
        self._packs = packs
        self._angles = angles
        self._free_attempts = free_attempts
        self._kinds = (catalogue or load_catalogue()).kinds

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
        most = max(most, required)
        themes = {fact.id: self._kinds[fact.kind].theme for fact in facts if fact.kind in self._kinds}
        first = leading(weights, {themes[fact.id] for fact in facts if fact.id in themes and not fact.must})
        worth = {item.id: item.score * (1.0 if themes.get(item.id) in first else OFF_ANGLE) for item in evidence}
        if brief.seed or attempt:
            worth = self._varied(worth, brief.seed + attempt)
        if too_long and most == 1:
            # A single claim cannot be left out: what can be said in the fewest letters goes first.
            kinds = self._packs[brief.language].kinds
            worth |= {fact.id: 1 / min(map(len, kinds[fact.kind].all)) for fact in facts if fact.kind in kinds}
        least = min(policy.min_claims, most)
        planned = plan(facts, worth, needs, most, self._angles.concern)
        # What the message announces it must tell, so only facts that it cannot leave out count.
        sure = {fact.kind for fact in facts if fact.must}
        if len(planned) >= max(1, least):
            sure = {fact.kind for fact in planned}
            facts, least = arranged(planned, needs, self._angles, _places(evidence)), len(planned)
            needs = tellable(facts, needs)[1]
        manner = self._angles.manner(prediction.segment)
        tone, style = VARIED[brief.seed % len(VARIED)] if manner.tone == "any" else (manner.tone, manner.style)
        # Where mandatory text leaves little room, or a message was too long, it is brief and in the channel's words.
        narrow = bool(too_long) or (policy.max_chars is not None and policy.max_chars - policy.reserved < ROOMY)
        if tone == "other":
            tone = "customer" if register_of(policy.channel) == "formal" else "formal"
        aim = None if manner.aim == "chat" and policy.channel not in CHATS else manner.aim
        return WritingTask(
            language=brief.language,
            channel=brief.channel,
            product_class=policy.product_class,
            intent=prediction.intent,
            aim=self._angles.aim(aim or (intent.aim if intent else "learn"), policy.product_class),
            angle=leaning(weights),
            style="short" if narrow else style,
            min_claims=least,
            max_claims=max(most, least),
            facts=facts,
            needs=needs,
            tone="any" if narrow else tone,
            own_lines=self._angles.has_lines(prediction.intent, policy.product_class)
            and self._angles.borne_out(prediction.intent, sure),
            own_aim=aim is not None,
        )

    @staticmethod
    def _facts(policy: Policy, evidence: Sequence[Evidence]) -> tuple[tuple[Fact, ...], dict[str, frozenset[str]]]:
        facts = facts_of(evidence, policy.must_say)
        return facts, needs_of(facts, policy)

    @staticmethod
    def _varied(worth: Mapping[str, float], seed: int) -> dict[str, float]:
        """Worths a little off, so that variants differ while the best facts stay near the front."""
        dice = random.Random(seed)
        return {id_: value * math.exp(SPREAD * (dice.random() - 0.5)) for id_, value in worth.items()}

    def draft(
        self,
        brief: Brief,
        prediction: Prediction,
        policy: Policy,
        evidence: Sequence[Evidence],
        product_name: str,
        findings: Sequence[Finding],
        attempt: int,
    ) -> tuple[Draft, Generation]:
        """Write one draft.

        Raises:
            NothingToSay: See `task`.
            UndecodableOutput: The engine's answer is not a draft.
        """
        task = self.task(brief, prediction, policy, evidence, findings, attempt)
        pack = self._packs[brief.language]
        # A message that was too long already does without the name.
        room = 0 if any(finding.rule in TOO_LONG for finding in findings) else _room(policy)
        generation = self._engine.generate(
            build_prompt(task),
            build_grammar(
                task,
                pack,
                by_the_book=attempt >= self._free_attempts,
                fits=fitting(product_name, policy.subject_max_chars),
                names=naming(task, pack, product_name, room),
            ),
            seed=brief.seed * 1009 + attempt,
            max_tokens=MAX_TOKENS,
            temperature=REWRITE_TEMPERATURE if brief.seed or attempt else 0.0,
        )
        try:
            return parse_draft(generation.raw), generation
        except UndecodableOutput as error:
            error.generation = generation
            raise
