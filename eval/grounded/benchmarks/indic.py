"""Mu-SHROOM Hindi and IndicMT-Eval: what can be told in Indian languages without a trained model."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from eval.grounded.benchmarks import scoring
from eval.grounded.benchmarks.sets import rows
from eval.grounded.results import Benchmark, Published, Score

_WORD = re.compile(r"[^\W_]+(?:[\u0900-\u0DFF\u200c\u200d]+[^\W_]*)*")
_STEM = 4
MUSHROOM_RECORDS = (
    Published("ccnu (other rows: test)", "IoU", 0.747, "Helsinki-NLP/shroom, 2025/iou_rankings.md"),
    Published("marking everything (other rows: test)", "IoU", 0.271, "the same"),
    Published("ccnu (other rows: test)", "rho", 0.785, "the same"),
)
INDICMT_RECORDS = (
    Published("Indic-COMET-MQM (validation)", "mean Kendall tau, chrF with a reference", 0.455, "IndicMT-Eval, README"),
)


def mushroom(path: Path, pages: Path, seed: int) -> Benchmark:
    """Mu-SHROOM Hindi validation rows with their archived page: words are marked whose stem is neither there nor asked.

    IoU and Spearman's rho as the task defines them (Vazquez et al. 2025, arXiv 2504.11975): by row, then averaged.
    """
    held = {row["url"]: "\n".join(row["paragraphs"]) for row in rows(pages)}
    overlaps, correlations = [], []
    for row in rows(path):
        page = held.get(row["wikipedia_url"])
        if page is None:
            continue
        marked = unheld(row["model_output_text"], f"{page} {row['model_input']}")
        overlaps.append(_overlap({place for start, end in row["hard_labels"] for place in range(start, end)}, marked))
        correlations.append(_correlation(row, marked))
    names = [str(number) for number in range(len(overlaps))]
    measures = (
        scoring.scored("IoU", lambda picked: statistics.mean(overlaps[row] for row in picked), names, seed),
        scoring.scored("rho", lambda picked: statistics.mean(correlations[row] for row in picked), names, seed),
    )
    return Benchmark(
        "Mu-SHROOM Hindi validation", len(overlaps), measures, MUSHROOM_RECORDS, "a rule; nothing is fitted"
    )


def unheld(text: str, evidence: str) -> set[int]:
    """Places of the words of a text whose first letters begin no word of the evidence; short words are held."""
    known = {word.group().lower()[:_STEM] for word in _WORD.finditer(evidence)}
    return {
        place
        for word in _WORD.finditer(text)
        if len(word.group()) > 2 and word.group().lower()[:_STEM] not in known
        for place in range(word.start(), word.end())
    }


def _overlap(gold: set[int], found: set[int]) -> float:
    """Intersection over union; two empty markings agree wholly."""
    return len(gold & found) / len(gold | found) if gold | found else 1.0


def _correlation(row: Mapping[str, Any], marked: set[int]) -> float:
    """Spearman's rho of annotators' shares and the marking; where either is constant, 1 if both are, else 0."""
    from scipy.stats import spearmanr

    length = len(row["model_output_text"])
    shares = [0.0] * length
    for one in row["soft_labels"]:
        for place in range(one["start"], min(one["end"], length)):
            shares[place] = one["prob"]
    said = [float(place in marked) for place in range(length)]
    if len(set(shares)) == 1 or len(set(said)) == 1:
        return float(len(set(shares)) == len(set(said)) == 1)
    return float(spearmanr(shares, said).statistic)


def indicmt(path: Path, seed: int) -> Benchmark:
    """IndicMT-Eval: Kendall's tau of cheap signals with human MQM scores, language by language, averaged."""
    from scipy.stats import kendalltau

    by_language: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows(path):
        by_language.setdefault(row["lang"], []).append(row)
    signals: dict[str, Callable[[Mapping[str, Any]], float]] = {
        "chrF with a reference": lambda row: chrf(row["translation"], row["ref"]),
        "figures kept": lambda row: _figures_kept(row["src"], row["translation"]),
    }
    measures: list[Score] = []
    for name, signal in signals.items():
        taus: dict[str, Score] = {}
        for language, own in sorted(by_language.items()):
            human: list[float] = [float(row["mqm_norm_score"]) for row in own]
            said: list[float] = [signal(row) for row in own]
            if len(set(said)) == 1:
                continue  # a signal that never differs has no rank
            where = [str(number) for number in range(len(own))]

            def tau(picked: Any, human: list[float] = human, said: list[float] = said) -> float:
                return float(kendalltau([human[row] for row in picked], [said[row] for row in picked]).statistic)

            taus[language] = scoring.scored(f"Kendall tau, {name}, {language}", tau, where, seed, 100)
        values = [one.value for one in taus.values()]
        measures.append(Score(f"mean Kendall tau, {name}", statistics.mean(values) if values else float("nan")))
        measures += taus.values()
    total = sum(map(len, by_language.values()))
    return Benchmark("IndicMT-Eval", total, tuple(measures), INDICMT_RECORDS, "nothing is fitted")


def chrf(text: str, reference: str, longest: int = 6, beta: float = 2.0) -> float:
    """ChrF (Popovic 2015): F-beta of character n-grams up to ``longest``, blanks left out, 0 to 1."""
    left, right = "".join(text.split()), "".join(reference.split())
    precisions, recalls = [], []
    for size in range(1, longest + 1):
        said = Counter(left[place : place + size] for place in range(len(left) - size + 1))
        told = Counter(right[place : place + size] for place in range(len(right) - size + 1))
        shared = sum((said & told).values())
        if said and told:
            precisions.append(shared / sum(said.values()))
            recalls.append(shared / sum(told.values()))
    if not precisions:
        return 0.0
    precision, recall = statistics.mean(precisions), statistics.mean(recalls)
    weight = beta * beta
    return (1 + weight) * precision * recall / (weight * precision + recall) if precision + recall else 0.0


def _figures_kept(source: str, translation: str) -> float:
    """Share of the source's numbers that the translation holds, native digits folded; 1 where there are none."""
    told = re.findall(r"\d+", source)
    said = set(re.findall(r"\d+", "".join(str(_digit(char)) for char in translation)))
    return sum(number in said for number in told) / len(told) if told else 1.0


def _digit(char: str) -> str:
    return str(int(char)) if char.isdecimal() else char
