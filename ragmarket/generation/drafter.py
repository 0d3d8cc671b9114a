"""The drafter: evidence and policy in, a `Draft` of claims out, through one prompt, one grammar and any engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from ragmarket.errors import NothingToSay, UndecodableOutput
from ragmarket.generation.coupling import couples_of
from ragmarket.generation.decoding import parse_draft
from ragmarket.generation.grammar import build_grammar
from ragmarket.generation.lines import fitting
from ragmarket.generation.planning import places_of
from ragmarket.generation.prompt import build_prompt
from ragmarket.generation.task import Fact, WritingTask, facts_of, needs_of, tellable
from ragmarket.generation.telling import Teller, mannered, shaken
from ragmarket.generation.variants import VARIANTS, place_among_variants, rotation
from ragmarket.generation.wording import naming, room_of
from ragmarket.knowledge.angles import Angles, leaning
from ragmarket.knowledge.catalogue import Catalogue, load_catalogue
from ragmarket.knowledge.language import LanguagePack
from ragmarket.protocols import Engine
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import Finding, Policy
from ragmarket.schemas.draft import Draft, Generation
from ragmarket.schemas.evidence import Evidence
from ragmarket.schemas.prediction import Prediction

MAX_TOKENS = 640
REWRITE_TEMPERATURE = 0.7
CHATS = frozenset({"whatsapp"})
TOO_LONG = frozenset({"channel.length", "channel.sms_segments"})


class GroundedDrafter:
    """Writes claims under the request's grammar.

    Args:
        engine: Continues the prompt.
        packs: Language packs by language.
        angles: Which aim an intent has.
        free_attempts: How many attempts may use words of the writer's own; later ones are held to the phrasebook.
            Review releases nothing else unless a person looks at it: without one, a free attempt is a vain one.
        catalogue: The fact catalogue; the shipped one by default.
        aside: Entered while the engine is waited for.
    """

    def __init__(
        self,
        engine: Engine,
        packs: Mapping[str, LanguagePack],
        angles: Angles,
        free_attempts: int = 0,
        catalogue: Catalogue | None = None,
        aside: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._engine = engine
        self._packs = packs
        self._angles = angles
        self._free_attempts = free_attempts
        self._aside = aside
        self._kinds = (catalogue or load_catalogue()).kinds
        self._teller = Teller(angles, self._kinds)

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
        region, day = self._angles.region(brief.region, brief.language), brief.as_of or policy.as_of
        local = self._angles.local(policy.product_class, region, day)
        weights = self._angles.weights(prediction.intent, prediction.segment, policy.product_class, region, day)
        most = max(most, required)
        least = min(policy.min_claims, most)
        pack = self._packs[brief.language]
        worth = self._teller.worth(facts, evidence, weights, self._teller.asked(facts, local))
        openers = self._teller.openers(facts, local)
        if attempt:
            worth = shaken(worth, brief.seed + attempt)
        if too_long and most == 1:
            # A single claim cannot be left out: what can be said in the fewest letters goes first.
            worth |= {
                fact.id: 1 / min(map(len, pack.kinds[fact.kind].all)) for fact in facts if fact.kind in pack.kinds
            }
        groups = {id_ for audience in self._angles.audiences.values() for id_ in audience.conditions}
        places = places_of(evidence, groups)
        tellings = self._teller.tellings(brief, facts, worth, needs, (least, most), places, openers)
        # What the message announces it must tell, so only facts that it cannot leave out count.
        sure = [fact for fact in facts if fact.must]
        if tellings[-1]:
            facts = tellings[-1]
            sure, least = list(facts), len(facts)
            needs = tellable(facts, needs)[1]
        told = {fact.kind for fact in sure}
        segment = self._angles.manner(prediction.segment)
        aim = None if segment.aim == "chat" and policy.channel not in CHATS else segment.aim
        lines = (
            self._angles.has_lines(prediction.intent, policy.product_class)
            and self._angles.borne_out(prediction.intent, told)
            and self._angles.after(prediction.intent, {self._kinds[kind].theme for kind in told & self._kinds.keys()})
        )
        begins = rotation(brief.product_code, brief.language, brief.channel)
        task = WritingTask(
            language=brief.language,
            channel=brief.channel,
            product_class=policy.product_class,
            intent=prediction.intent,
            aim=self._angles.aim(aim or (intent.aim if intent else "learn"), policy.product_class),
            angle=leaning(weights),
            style="any",
            min_claims=least,
            max_claims=max(most, least),
            facts=facts,
            needs=needs,
            own_lines=lines,
            own_aim=aim is not None,
            rotation=begins + place_among_variants(brief.seed) + VARIANTS * attempt,
            begins=begins,
        )
        said = [pair for pair in self._angles.couples if pair in pack.joined.by_kinds]
        couples = couples_of(task.facts, said) if tellings[-1] else ()
        return mannered(task, tellings, segment, pack, room_of(policy), couples, narrow=bool(too_long))

    @staticmethod
    def _facts(policy: Policy, evidence: Sequence[Evidence]) -> tuple[tuple[Fact, ...], dict[str, frozenset[str]]]:
        facts = facts_of(evidence, policy.must_say)
        return facts, needs_of(facts, policy)

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
        room = 0 if any(finding.rule in TOO_LONG for finding in findings) else room_of(policy)
        prompt = build_prompt(task)
        grammar = build_grammar(
            task,
            pack,
            by_the_book=attempt >= self._free_attempts,
            fits=fitting(product_name, policy.subject_max_chars),
            names=naming(task, pack, product_name, room),
        )
        with self._aside():
            generation = self._engine.generate(
                prompt,
                grammar,
                seed=brief.seed * 1009 + attempt,
                max_tokens=MAX_TOKENS,
                temperature=REWRITE_TEMPERATURE if brief.seed or attempt else 0.0,
            )
        try:
            return parse_draft(generation.raw), generation
        except UndecodableOutput as error:
            error.generation = generation
            raise
