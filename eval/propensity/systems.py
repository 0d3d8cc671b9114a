"""Every system of the tables under one signature: a problem and a split in, test probabilities out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from eval.propensity.flat import bagged, baseline
from eval.propensity.following import ACROSS, FOLLOWED, SUFFIX, across_periods, follower
from eval.propensity.full import full
from eval.propensity.networks import full_config, network, network_variants
from eval.propensity.outcomes import Options, Outcome
from eval.propensity.problems import Problem, Split
from ragmarket.prediction.baselines import BASELINES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]


def systems(problem: Problem, options: Options, *, ablations: bool) -> dict[str, Callable[[Split], dict[str, Outcome]]]:
    """What is run on a problem, by the name of its cache entry."""
    found: dict[str, Callable[[Split], dict[str, Outcome]]] = {}

    def one(name: str, work: Callable[[Split], Outcome]) -> None:
        found[name] = lambda split: {name: work(split)}

    def plain(name: str, bag: str = "") -> Callable[[Split], Outcome]:
        return lambda split: baseline(name, problem, split, options, bag=bag)

    def control(contexts: bool) -> Callable[[Split], Outcome]:
        return lambda split: bagged("LightGBM", problem, split, options, contexts=contexts)

    for name in (*BASELINES, "TabM"):
        one(name, plain(name))
    one("Baseline DNN", plain("DNN"))
    if problem.bag is not None:
        for name in ("LR", "LightGBM"):
            one(f"bag of narrative types, {name}", plain(name, "only"))
            one(f"aggregates and bag, {name}", plain(name, "beside"))
    elif not problem.forward:
        one("LightGBM, bagged", control(contexts=False))
        if problem.spec.contexts:
            one("LightGBM, bagged, context rates", control(contexts=True))
    found["Full"] = lambda split: full(problem, split, options)
    if problem.forward and problem.spec.contexts:
        found[ACROSS] = lambda split: across_periods(problem, split, options)
        for name in FOLLOWED:
            one(name + SUFFIX, lambda split, name=name: follower(name, problem, split, options))  # type: ignore[misc]
    names = (
        [*network_variants(full_config(problem, problem.splits[0], options))]
        if ablations
        else ["ALIMN as printed", "network"]
    )
    for name in names:

        def run(split: Split, name: str = name) -> dict[str, Outcome]:
            config, text = network_variants(full_config(problem, split, options))[name]
            return {name: network(problem, split, config, text if problem.texts else None)}

        found[name] = run
    return found
