"""Thresholds for continuous integration: what must hold for the bench to end with 0."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Gate:
    """A limit of one figure: ``least`` or at most ``value``."""

    name: str
    value: float
    least: bool
    what: str

    def met(self, measured: float) -> bool:
        """Whether a figure keeps it."""
        return measured >= self.value if self.least else measured <= self.value

    def __str__(self) -> str:
        """As it is printed."""
        return f"{self.name} {'>=' if self.least else '<='} {self.value:g}"


GATES = (
    Gate("answered", 0.90, True, "possible briefs answered by the house as shipped"),
    Gate("unsupported", 0.02, False, "unsupported claims of the house as shipped, by the reference reading"),
    Gate("contradicted", 0.01, False, "contradicted claims of the house as shipped, by the reference reading"),
    Gate("figures", 0.99, True, "figures of released claims that stand in a cited quote"),
    Gate("citation-recall", 0.92, True, "released claims that their citations support together"),
    Gate("citation-precision", 0.92, True, "citations that are needed, leave-one-out"),
    Gate("wrong-figure", 0.99, True, "planted wrong figures caught"),
    Gate("wrong-figure-forged-quote", 0.99, True, "planted wrong figures with a forged quote caught"),
    Gate("product-named-wrongly", 0.99, True, "planted names of another product caught"),
    Gate("claim-of-another-product", 0.99, True, "planted claims of another product caught"),
    Gate("fact-of-another-product", 0.99, True, "planted facts of another product under own citations caught"),
    Gate("superseded-version", 0.99, True, "planted citations of a superseded version caught"),
    Gate("wrong-citation", 0.99, True, "planted citations of another passage caught"),
    Gate("dropped-condition", 0.92, True, "dropped conditions caught"),
    Gate("bound-turned-round", 0.92, True, "bounds turned round caught"),
    Gate("negation-lost", 0.92, True, "lost negations caught"),
    Gate("false-alarms", 0.02, False, "untouched messages that are flagged"),
    Gate("ragtruth-f1", 0.62, True, "RAGTruth QA: F1 of hallucinated responses"),
    Gate("ragtruth-auroc", 0.86, True, "RAGTruth QA: AUROC"),
    Gate("attributionbench", 0.77, True, "AttributionBench test: macro-F1"),
    Gate("finqa", 0.58, True, "FinQA detection: F1 of unsupported answers"),
    Gate("ectsum", 0.72, True, "SummEdits earnings calls: balanced accuracy"),
    Gate("sales-email", 0.74, True, "SummEdits sales e-mails: balanced accuracy"),
    Gate("sales-call", 0.74, True, "SummEdits sales calls: balanced accuracy"),
)


def chosen(changes: Sequence[str]) -> tuple[Gate, ...]:
    """The gates with ``name=value`` changes; ``name=off`` leaves one out.

    Raises:
        argparse.ArgumentTypeError: There is no such gate, or the value is no share.
    """
    gates = {gate.name: gate for gate in GATES}
    for change in changes:
        name, _, text = change.partition("=")
        gate = gates.get(name)
        if gate is None and name not in {one.name for one in GATES}:
            known = ", ".join(one.name for one in GATES)
            raise argparse.ArgumentTypeError(f"--threshold: no figure is called {name!r}; there are {known}")
        if text == "off":
            gates.pop(name, None)
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= 1:
            raise argparse.ArgumentTypeError(f"--threshold {name}: {text!r} is neither a share from 0 to 1 nor `off`")
        if gate is not None:
            gates[name] = Gate(gate.name, value, gate.least, gate.what)
    return tuple(gates.values())


def unmet(gates: Sequence[Gate], measured: Mapping[str, float]) -> list[str]:
    """Gates that a measured figure does not keep, in words; what was not measured is not judged."""
    return [
        f"{gate}: measured {measured[gate.name]:.3f} ({gate.what})"
        for gate in gates
        if gate.name in measured and not math.isnan(measured[gate.name]) and not gate.met(measured[gate.name])
    ]
