"""The tasks beyond drafting: what the writer learns is a sentence of the request's own grammar and reads back whole."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

import pytest
import xgrammar
import yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from eval.tasks import bayes_sessions, measure_rewrites, measure_segments, measure_sessions
from ragmarket.errors import BadKnowledge, InvalidInput, UndecodableOutput
from ragmarket.generation.tasks.behaviour import Behaviour, SessionLabeller
from ragmarket.generation.tasks.rewrites import (
    Rewrites,
    TrainedRewriter,
    build_rewrite_grammar,
    build_rewrite_prompt,
    load_rewrites,
    mask,
    nearest,
    parse_rewrite,
    rewrite_task,
)
from ragmarket.generation.tasks.segments import (
    Choice,
    SegmentNamer,
    build_segment_grammar,
    build_segment_prompt,
    parse_segment,
    supported,
)
from ragmarket.generation.tasks.sessions import (
    Event,
    Session,
    build_session_grammar,
    build_session_prompt,
    parse_session,
)
from ragmarket.generation.tasks.statistics import Measurement, SegmentTask, Statistic, segment_task
from ragmarket.generation.writer.examples import Mixture
from ragmarket.generation.writer.rewrite_examples import RewriteSampler, flagged_sentences
from ragmarket.generation.writer.task_examples import SegmentSampler, SessionSampler, task_samplers
from ragmarket.generation.writer.tokenizer import slot_tokens
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.files import ROOT
from ragmarket.knowledge.profiles import FIELDS, UNCLEAR, load_profiles, load_sessions
from ragmarket.schemas.draft import Generation
from ragmarket.testing import ScriptedEngine

PROFILES = load_profiles()
SESSIONS = load_sessions(load_angles())
SEGMENT_SAMPLER = SegmentSampler(PROFILES)
SESSION_SAMPLER = SessionSampler(Behaviour(SESSIONS))
WORDS: Mapping[str, object] = {
    "claims.guaranteed_return": {
        "rewrites": {
            "all": ["Returns are not assured and depend on the market.", "The value of units may go up or down."],
            "nps": ["Pension fund returns depend on the market, says \"the trust\"."],
        },
        "examples": {"mutual_fund": {"fail": ["Guaranteed 12.5% returns on your units!"]}},
    },
    "claims.urgency": {"rewrites": ["You may apply at any branch.", "Section 80C applies.", "Take the time you need."]},
}  # fmt: skip
COPY = {
    "tongue": "en",
    "unlawful": {14: [["loan", "plain", "Hurry, the last 2 hours to apply at your branch."]]},
}


@lru_cache(maxsize=1)
def compiler() -> tuple[PreTrainedTokenizerFast, xgrammar.GrammarCompiler]:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    core.train_from_iterator(["x"], trainers.BpeTrainer(initial_alphabet=alphabet, special_tokens=["<eos>"]))
    core.add_tokens(slot_tokens())
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<eos>")
    info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=len(tokenizer), stop_token_ids=[0])
    return tokenizer, xgrammar.GrammarCompiler(info, max_threads=1)


def accepts(grammar: str, text: str) -> bool:
    tokenizer, compile_ = compiler()
    matcher = xgrammar.GrammarMatcher(compile_.compile_grammar(xgrammar.Grammar.from_ebnf(grammar)))
    return all(matcher.accept_token(token) for token in [*tokenizer.encode(text, add_special_tokens=False), 0])


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge folder with two rules' rewrites in English, and copy that they flag."""
    root = tmp_path_factory.mktemp("knowledge")
    (root / "rules" / "words").mkdir(parents=True)
    (root / "copy").mkdir()
    for path in (ROOT / "rules").glob("*.yaml"):
        (root / "rules" / path.name).write_bytes(path.read_bytes())
    words = yaml.safe_dump({"tongue": "en", "rules": WORDS}, allow_unicode=True)
    (root / "rules" / "words" / "en.yaml").write_text(words, encoding="utf-8")
    (root / "copy" / "en.yaml").write_text(yaml.safe_dump(COPY), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def rewrites(knowledge: Path) -> Rewrites:
    return load_rewrites(knowledge / "rules")


@pytest.fixture(scope="module")
def rewrite_sampler(rewrites: Rewrites, knowledge: Path) -> RewriteSampler:
    return RewriteSampler(rewrites, flagged_sentences(rewrites, knowledge))


def segment(*kinds: tuple[str, str], most: int = 3) -> SegmentTask:
    statistics = (Statistic(f"S{at}", kind, side) for at, (kind, side) in enumerate(kinds, start=1))  # type: ignore[arg-type]
    return SegmentTask(tuple(statistics), most)


SEGMENT = segment(("upi_share", "higher"), ("fd_holding", "higher"), ("median_age", "lower"), ("tenure", "typical"))
SESSION = Session(
    "mobile",
    "search",
    (
        Event("home", "glance"),
        Event("calculator", "long", "home_loan", "clicked", "home_loan", "house"),
        Event("eligibility", "medium", "home_loan"),
        Event("documents", "long", "home_loan", search="instalment"),
    ),
)


# Segments.
def test_every_described_segment_is_a_sentence_of_its_own_grammar_and_holds_no_figure() -> None:
    rng = random.Random(4)
    for _ in range(60):
        task = SEGMENT_SAMPLER.task(rng)
        completion = SEGMENT_SAMPLER.answer(rng, task)
        assert accepts(build_segment_grammar(task, PROFILES), completion), completion
        assert accepts(build_segment_grammar(task, PROFILES, by_the_book=False), completion), completion
        profile = parse_segment(completion, task)
        assert not any(char.isdigit() for char in profile.name)
        for statement in profile.statements:
            assert "{" + statement.cite + "a}" in statement.text


def test_a_segment_is_named_after_what_sets_it_apart_most() -> None:
    rng = random.Random(1)
    names = {json.loads(SEGMENT_SAMPLER.answer(rng, SEGMENT))["name"] for _ in range(60)}
    adjectives = PROFILES.statistics["upi_share"].adjectives["higher"]
    nouns = PROFILES.statistics["fd_holding"].nouns["higher"]
    assert names == {f"{adjective} {noun}" for adjective in adjectives for noun in nouns}


def test_the_grammar_of_a_segment_admits_no_figure_no_other_statistic_and_no_ungrounded_value() -> None:
    answer = json.loads(SEGMENT_SAMPLER.answer(random.Random(2), SEGMENT))

    def written(**changes: object) -> str:
        return json.dumps(answer | changes, separators=(",", ":"))

    for free in (False, True):
        grammar = build_segment_grammar(SEGMENT, PROFILES, by_the_book=not free)
        assert accepts(grammar, written())
        first = answer["statements"][0]
        assert not accepts(grammar, written(statements=[]))
        assert not accepts(grammar, written(statements=[first, first]))
        assert not accepts(grammar, written(statements=[first | {"cite": "S9"}]))
        assert not accepts(grammar, written(statements=[first | {"text": "62 % pay by UPI, {S1a} and {S1b}."}]))
        assert not accepts(grammar, written(statements=[first | {"text": "They pay by UPI: {S1a}."}]))
        assert not accepts(grammar, written(name="Top 100 savers"))
        assert not accepts(grammar, written(channel={"value": "whatsapp", "cites": []}))
        assert not accepts(grammar, written(channel={"value": "fax", "cites": ["S1"]}))
        assert accepts(grammar, written(risk_appetite={"value": "high", "cites": ["S1"]})) == free


def test_the_rules_decide_first_match_first_and_say_unclear_when_none_holds() -> None:
    task = segment(("education_fees", "higher"), ("median_age", "lower"))
    assert supported(task, PROFILES, "life_stage")[0] == Choice("young_family", ("S1", "S2"))
    only = segment(("tenure", "typical"))
    assert {supported(only, PROFILES, field) for field in FIELDS} == {(Choice(UNCLEAR, ()),)}


def test_measured_statistics_are_ranked_and_their_figures_stand_where_the_slots_were() -> None:
    task = segment_task(
        [
            Measurement("tenure", 4.1, 4.0, 3.0, "4 years", "4 years"),
            Measurement("fd_holding", 0.2, 0.3, 0.4, "20 %", "30 %"),
            Measurement("upi_share", 0.62, 0.41, 0.2, "62 %", "41 %"),
        ],
        PROFILES,
    )
    assert [(item.kind, item.direction) for item in task.statistics] == [
        ("upi_share", "higher"),
        ("fd_holding", "lower"),
        ("tenure", "typical"),
    ]
    assert "62" not in build_segment_prompt(task)
    engine = ScriptedEngine([SEGMENT_SAMPLER.answer(random.Random(0), task)])
    profile = SegmentNamer(engine, PROFILES).describe(task).filled(task)
    assert "62 %" in profile.statements[0].text
    assert "41 %" in profile.statements[0].text
    assert engine.prompts == [build_segment_prompt(task)]


@pytest.mark.parametrize(
    ("task", "named"),
    [
        (segment(("shoe_size", "higher")), "shoe_size"),
        (segment(("upi_share", "sideways")), "sideways"),
        (segment(("upi_share", "higher"), ("upi_share", "lower")), "twice"),
        (segment(("upi_share", "higher"), most=0), "max_statements"),
        (SegmentTask(()), "1 to 12"),
        (SegmentTask((Statistic("S2", "upi_share", "higher"),)), "S2"),
    ],
)
def test_a_segment_that_the_catalogue_does_not_know_is_refused(task: SegmentTask, named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        build_segment_grammar(task, PROFILES)


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="upi_share"):
        segment_task([Measurement("upi_share", float("nan"), 0.4, 0.2, "?", "41 %")], PROFILES)


def test_an_answer_that_is_not_the_segments_is_not_read() -> None:
    whole = json.loads(SEGMENT_SAMPLER.answer(random.Random(2), SEGMENT))
    first = whole["statements"][0]
    for broken in (
        whole | {"statements": []},
        whole | {"statements": [first | {"cite": "S7"}]},
        whole | {"statements": [first | {"text": "{S1a} of 10, {S1b}."}]},
        whole | {"channel": {"value": "push", "cites": ["S8"]}},
        whole | {"channel": {"value": "push", "cites": []}},
        {"name": "x"},
    ):
        with pytest.raises(UndecodableOutput):
            parse_segment(json.dumps(broken), SEGMENT)


# Sessions.
def test_every_labelled_session_is_a_sentence_of_its_own_grammar() -> None:
    rng = random.Random(9)
    for _ in range(60):
        session, _ = SESSION_SAMPLER.session(rng)
        label = SESSION_SAMPLER.behaviour.best_label(session)
        completion = SESSION_SAMPLER.answer(label)
        assert accepts(build_session_grammar(session, SESSIONS), completion), completion
        strict = build_session_grammar(session, SESSIONS, SESSION_SAMPLER.behaviour.speaking(session))
        assert accepts(strict, completion), completion
        assert parse_session(completion, session, SESSIONS) == label


def test_a_clear_session_gets_its_intent_with_definition_and_reasons() -> None:
    label = SESSION_SAMPLER.behaviour.best_label(SESSION)
    assert (label.label, label.confidence) == ("buy_home", "high")
    assert "E1" not in label.because
    assert label.definition == SESSIONS.intents["buy_home"].definition
    engine = ScriptedEngine([SESSION_SAMPLER.answer(label)])
    assert SessionLabeller(engine, SESSION_SAMPLER.behaviour).label(SESSION) == label
    assert engine.prompts == [build_session_prompt(SESSION)]


def test_a_session_that_points_everywhere_is_unclear_and_rests_on_nothing() -> None:
    events = (Event("login", "short"), Event("rates", "short", "home_loan"), Event("overview", "short", "credit_card"))
    label = SESSION_SAMPLER.behaviour.best_label(Session("mobile", "direct", events))
    assert (label.label, label.because) == (UNCLEAR, ())


def test_the_posterior_is_calibrated_on_the_process_that_it_describes() -> None:
    rng, sure, right, count = random.Random(5), 0.0, 0, 800
    for _ in range(count):
        session, intent = SESSION_SAMPLER.session(rng)
        posterior = SESSION_SAMPLER.behaviour.posterior(session)
        assert sum(posterior.values()) == pytest.approx(1)
        best = max(posterior, key=lambda name: posterior[name])
        sure, right = sure + posterior[best], right + (best == intent)
    assert sure / count == pytest.approx(right / count, abs=0.04)


def test_the_grammar_of_a_session_admits_no_other_label_and_no_other_event() -> None:
    grammar = build_session_grammar(SESSION, SESSIONS)
    for label, because, fits in [
        ("buy_home", ["E2"], True),
        ("buy_home", ["E2", "E4"], True),
        ("buy_home", [], False),
        ("buy_home", ["E5"], False),
        ("buy_home", ["E4", "E2"], False),
        ("buy_boat", ["E2"], False),
        (UNCLEAR, ["E2"], False),
    ]:
        written = json.dumps({"label": label, "confidence": "low", "because": because}, separators=(",", ":"))
        assert accepts(grammar, written) == fits, written
        if not fits and because != ["E4", "E2"]:
            with pytest.raises(UndecodableOutput):
                parse_session(written, SESSION, SESSIONS)


def test_a_label_can_only_cite_events_that_speak_for_it() -> None:
    speaking = SESSION_SAMPLER.behaviour.speaking(SESSION)
    assert "E1" not in speaking["buy_home"]
    grammar = build_session_grammar(SESSION, SESSIONS, speaking)
    for because, fits in ((["E2"], True), (["E1"], False), (["E1", "E2"], False)):
        written = json.dumps({"label": "buy_home", "confidence": "high", "because": because}, separators=(",", ":"))
        assert accepts(grammar, written) == fits


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"device": "toaster"}, "toaster"),
        ({"referrer": "moon"}, "moon"),
        ({"events": SESSION.events[:2]}, "3 to 12"),
        ({"events": SESSION.events * 4}, "3 to 12"),
        ({"events": (*SESSION.events, Event("cellar", "long"))}, "E5: the page 'cellar'"),
        ({"events": (*SESSION.events, Event("rates", "long"))}, "E5: the product None"),
        ({"events": (*SESSION.events, Event("home", "long", "loan"))}, "about no product"),
        ({"events": (*SESSION.events, Event("home", "long", tile_product="loan"))}, "no tile"),
    ],
)
def test_a_session_outside_the_vocabularies_is_refused(change: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        build_session_grammar(replace(SESSION, **change), SESSIONS)  # type: ignore[arg-type]


def test_every_intent_of_the_bank_has_its_behaviour() -> None:
    assert set(SESSIONS.intents) == set(load_angles().intents)


# Rewrites.
def test_every_rewrite_is_a_sentence_of_its_own_grammar(rewrite_sampler: RewriteSampler) -> None:
    rng = random.Random(3)
    seen = set()
    for _ in range(40):
        _, task = rewrite_sampler.task(rng)
        completion = rewrite_sampler.answer(task)
        assert accepts(build_rewrite_grammar(task), completion), completion
        assert not any(char.isdigit() for char in build_rewrite_prompt(task) + completion)
        seen.add(parse_rewrite(completion, task))
    assert len(seen) > 1


def test_a_rewrite_keeps_to_what_the_sentence_spoke_of(rewrites: Rewrites) -> None:
    task = rewrite_task(
        rewrites, "en", "mutual_fund", "claims.guaranteed_return", "Your units can only go up in value!"
    )
    assert task is not None
    assert nearest(task.sentence, task.choices) == "The value of units may go up or down."
    assert len(task.choices) == 2
    pension = rewrite_task(rewrites, "en", "nps", "claims.guaranteed_return", "x")
    assert pension is not None
    assert len(pension.choices) == 3
    assert not accepts(build_rewrite_grammar(task), json.dumps({"text": pension.choices[0]}))


def test_rewrites_with_a_figure_and_rules_out_of_scope_are_left_out(rewrites: Rewrites, knowledge: Path) -> None:
    assert rewrites.of("en", "claims.urgency", "loan") == ("You may apply at any branch.", "Take the time you need.")
    flagged = flagged_sentences(rewrites, knowledge)
    assert {(item.product_class, item.rule) for item in flagged} == {
        ("loan", "claims.urgency"),
        ("mutual_fund", "claims.guaranteed_return"),
    }


def test_the_rewriter_answers_from_the_bank_alone(rewrites: Rewrites) -> None:
    engine = ScriptedEngine(['{"text":"You may apply at any branch."}', '{"text":"Buy now."}'])
    rewriter = TrainedRewriter(engine, rewrites)
    # Nothing is left to choose where one lawful sentence is by far the nearest.
    assert rewriter.rewrite("en", "loan", "claims.urgency", "Apply by 5 pm!") == "You may apply at any branch."
    assert not engine.prompts
    # Where none is nearer than the other, the writer chooses.
    assert rewriter.rewrite("en", "loan", "claims.urgency", "Hurry, 5 pm!") == "You may apply at any branch."
    assert "Hurry, # pm!" in engine.prompts[0]
    with pytest.raises(UndecodableOutput):
        rewriter.rewrite("en", "loan", "claims.urgency", "Hurry, 5 pm!")
    assert rewriter.rewrite("hi", "loan", "claims.urgency", "आज ही!") is None
    for arguments in (("xx", "loan", "claims.urgency", "a"), ("en", "boat", "claims.urgency", "a"),
                      ("en", "loan", "claims.x", "a"), ("en", "loan", "claims.urgency", "  ")):  # fmt: skip
        with pytest.raises(InvalidInput):
            rewriter.rewrite(*arguments)


def test_native_digits_are_masked_and_long_sentences_cut() -> None:
    assert mask("१०,०००  रुपये पर 7.25% ब्याज।") == "# रुपये पर #% ब्याज।"
    assert len(mask("word " * 100)) <= 200


@pytest.mark.parametrize("kept", [{"boat": ["Ask us."]}, 7])
def test_a_mistaken_rewrite_is_refused_with_its_line(knowledge: Path, tmp_path: Path, kept: object) -> None:
    (tmp_path / "words").mkdir()
    for path in (knowledge / "rules").glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    words = yaml.safe_dump({"rules": {"claims.urgency": {"rewrites": kept}}})
    (tmp_path / "words" / "en.yaml").write_text(words, encoding="utf-8")
    with pytest.raises(BadKnowledge, match=r"en\.yaml:3"):
        load_rewrites(tmp_path)


# All tasks.
def test_the_same_seed_draws_the_same_examples_and_keeps_some_for_evaluation() -> None:
    mixture = Mixture(task_samplers(load_angles()))
    one, two = (list(islice(mixture.stream(3), 80)) for _ in range(2))
    assert one == two
    assert {example.prompt.split()[1] for example in one} >= {"segment", "session"}
    kept = list(islice(mixture.stream(3, held_out=True), 20))
    assert not {example.key for example in kept} & {example.key for example in islice(mixture.stream(3), 2000)}


class Teacher:
    """An engine that answers as its teachers would, found by the prompt."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers

    def generate(self, prompt: str, grammar: str, *, seed: int, max_tokens: int, temperature: float) -> Generation:
        assert grammar
        assert temperature == 0
        return Generation(
            raw=self._answers[prompt], prompt=prompt, prompt_tokens=1, completion_tokens=max_tokens, model="teacher",
            revision="0", engine="teacher", seed=seed,
        )  # fmt: skip


def answers(sampler: SegmentSampler | SessionSampler | RewriteSampler, seed: int) -> Teacher:
    rng = random.Random(seed)
    drawn = (sampler.draw(rng) for _ in range(4000))
    return Teacher({example.prompt: example.completion for example in drawn})


def test_a_perfect_engine_measures_as_perfect_and_as_the_bayes_optimal_one(rewrite_sampler: RewriteSampler) -> None:
    segments = measure_segments(answers(SEGMENT_SAMPLER, 7), PROFILES, count=30, seed=7)
    assert {share.hits for name, share in segments.items() if ":" not in name} == {30}
    assert segments["life_stage:majority"].hits < 30
    sessions = measure_sessions(answers(SESSION_SAMPLER, 7), SESSION_SAMPLER.behaviour, count=60, seed=7)
    assert sessions["agreement"].hits == 60
    assert sessions["truth"].hits == sessions["truth:bayes"].hits < 60
    assert sessions["truth:majority"].hits < sessions["truth"].hits
    rewritten = measure_rewrites(answers(rewrite_sampler, 7), rewrite_sampler, count=20, seed=7, held_out=False)
    assert rewritten["nearest"].hits == 20
    assert rewritten["nearest:first"].hits < 20


def test_the_best_that_can_be_done_is_computed_from_the_process() -> None:
    best = bayes_sessions(SESSION_SAMPLER.behaviour, count=400, seed=1)
    assert 0.65 < best.hits / best.total < 0.9
