"""Every system of the tables under one signature: a problem and a split in, test probabilities out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eval.prediction_data import Problem, Split
from ragmarket.prediction.baselines import BASELINES, fit_baseline
from ragmarket.prediction.calibration import Calibrator, best_f1_threshold, logit
from ragmarket.prediction.preprocessing import Preprocessor

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.prediction.alimn.config import AlimnConfig
    from ragmarket.prediction.alimn.estimator import AlimnModel

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

VALIDATION = 0.15
TEXT = "adapted, prompted"
Options = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Test probabilities (n,), the threshold chosen on validation rows, seconds of CPU to fit, the training curve."""

    probability: Floats
    threshold: float
    seconds: float
    curve: list[dict[str, float]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)


def inner(split: Split) -> tuple[Indices, Indices]:
    """Rows to learn from and 15 % of the training rows, drawn at random, to stop by.

    Also where time goes forward: a baseline must not be kept from the latest period, which Full's last fit sees.
    """
    import numpy as np

    cut = round((1 - VALIDATION) * len(split.train))
    order = np.random.default_rng(split.seed).permutation(split.train)
    return order[:cut], order[cut:]


def baseline(name: str, problem: Problem, split: Split, options: Options, *, bag: str = "") -> Outcome:
    """A model of Table 2 on the flat table; ``bag``: on the narrative types ("only") or on both ("beside")."""
    import numpy as np

    learn, watch = inner(split)
    start = time.process_time()
    preprocessor = Preprocessor.fit(problem.table.take(learn), problem.spec)

    def flat(rows: Indices) -> Floats:
        table = preprocessor.transform(problem.table.take(rows)).flat
        if not bag or problem.bag is None:
            return table
        return problem.bag[rows] if bag == "only" else np.hstack([table, problem.bag[rows]])

    x, xv = flat(learn), flat(watch)
    y, yv = problem.target[learn], problem.target[watch]
    if name == "DNN":
        from ragmarket.prediction.alimn.config import TrainingConfig
        from ragmarket.prediction.alimn.fitting import fit_plain

        network = {"epochs": 12, "patience": 4, **options.get("DNN", {})}
        shape = {key: network.pop(key) for key in ("width", "dropout") if key in network}
        score, curve = fit_plain(x, y, xv, yv, TrainingConfig(**network, seed=split.seed), **shape)
    elif name == "TabM":
        from eval.prediction_tabm import fit_tabm

        score, curve = fit_tabm(x, y, xv, yv, dict(options.get("TabM", {})), split.seed)
    else:
        score, curve = fit_baseline(name, x, y, xv, yv, options.get(name, {}), split.seed), []
    seconds = time.process_time() - start
    return Outcome(score(flat(split.test)), best_f1_threshold(score(xv), yv), seconds, curve)


def bagged(name: str, problem: Problem, split: Split, options: Options, *, contexts: bool) -> Outcome:
    """A control: the baseline with what Full has around it, inner folds averaged and, or not, context rates."""
    import numpy as np

    from ragmarket.prediction.alimn.config import AlimnConfig
    from ragmarket.prediction.alimn.estimator import inner_folds
    from ragmarket.prediction.contexts import ContextRates, extend_training

    start = time.process_time()
    config = full_config(problem, split, {})
    assert isinstance(config, AlimnConfig)  # noqa: S101
    target, table = problem.target[split.train], problem.table.take(split.train)
    total, held = np.zeros(len(split.test)), np.zeros(len(target))
    rated = contexts and bool(problem.spec.contexts)
    for number, (inside, outside) in enumerate(inner_folds(target, config)):
        learn, watch, test = table.take(inside), table.take(outside), problem.table.take(split.test)
        spec = problem.spec
        if rated:
            rates = ContextRates.fit(learn, target[inside], spec)
            learn = extend_training(learn, target[inside], spec, split.seed)
            watch, test, spec = rates.extend(watch), rates.extend(test), rates.extended
        preprocessor = Preprocessor.fit(learn, spec)
        rows = [preprocessor.transform(one).flat for one in (learn, watch, test)]
        score = fit_baseline(
            name, rows[0], target[inside], rows[1], target[outside], options.get(name, {}), split.seed + number
        )
        total += logit(score(rows[2]))
        held[outside] = score(rows[1])
    parts = config.ensemble.folds
    calibrator = Calibrator.fit(logit(held), target, "temperature")
    threshold = best_f1_threshold(calibrator.probabilities(logit(held)), target)
    return Outcome(calibrator.probabilities(total / parts), threshold, time.process_time() - start)


def full_config(problem: Problem, split: Split, options: Options) -> AlimnConfig:
    """Our setting for a problem: smaller batches for few rows, forward folds where time goes forward."""
    from ragmarket.prediction.alimn.config import AlimnConfig, EnsembleConfig, NetworkConfig, TrainingConfig

    few = len(split.train) < 5_000
    shape: dict[str, Any] = {"width": 32, "token_width": 8, "dropout": 0.3} if few else {}
    pace: dict[str, Any] = {"batch_size": 128, "epochs": 20, "patience": 6} if few else {}
    tuned = dict(options.get("network", {}))
    shape |= {key: tuned.pop(key) for key in ("width", "dropout") if key in tuned}
    beside = EnsembleConfig(companions=("trees", "forest", "linear"), forward=True, folds=5)
    return AlimnConfig(
        network=NetworkConfig(**shape),
        training=TrainingConfig(**{**pace, **tuned, "seed": split.seed}),
        ensemble=beside if problem.forward else EnsembleConfig(),
    )


def network(problem: Problem, split: Split, config: AlimnConfig, text: str | None = TEXT) -> Outcome:
    """One network on one validation split: what Table 1's rows differ in."""
    from ragmarket.prediction.alimn.folds import fit_fold

    learn, watch = inner(split)
    start = time.process_time()
    watched = problem.customers(watch, text)
    model = fit_fold(problem.customers(learn, text), problem.spec, without_companions(config), watched=watched)
    seconds = time.process_time() - start
    held = model.logits(watched)["network"]
    calibrator = Calibrator.fit(held, watched.target, config.ensemble.calibration)
    tested = problem.customers(split.test, text)
    probability = calibrator.probabilities(model.logits(tested)["network"])
    return Outcome(
        probability, best_f1_threshold(calibrator.probabilities(held), watched.target), seconds, model.curve,
        inspected(model, tested),
    )  # fmt: skip


def without_companions(config: AlimnConfig) -> AlimnConfig:
    """The network alone; its teacher stays the out-of-fold trees."""
    return config.model_copy(update={"ensemble": config.ensemble.model_copy(update={"companions": ()})})


def inspected(model: Any, customers: Any) -> dict[str, Any]:
    """Alpha, branch norms ||h_m - z|| and the mean gate: what Eqs. 6, 8 and 14 came to."""
    import torch

    _, tensors = model.encode(customers)
    model.network.eval()
    with torch.inference_mode():
        seen = model.network(tensors.batch(torch.arange(min(2000, len(customers)))))
    return {
        "alpha": model.network.head.alpha.tolist(),
        "branch_norms": (seen.h - seen.z).norm(dim=-1).mean(dim=(1, 2)).tolist(),
        "gate": None if seen.gate is None else float(seen.gate.mean()),
        "parameters": sum(one.numel() for one in model.network.parameters()),
    }


def changed(config: AlimnConfig, part: str, **values: Any) -> AlimnConfig:
    """A configuration with some values of one part replaced."""
    return config.model_copy(update={part: getattr(config, part).model_copy(update=values)})


def network_variants(config: AlimnConfig) -> dict[str, tuple[AlimnConfig, str | None]]:
    """Table 1's rows: what is taken away from the network, and the setting as printed; with the text each reads."""
    from ragmarket.prediction.alimn.config import paper

    seed = config.training.seed
    printed = paper()
    printed = changed(printed, "training", seed=seed, epochs=12, patience=4)
    return {
        "ALIMN as printed": (printed, "frozen"),
        "network": (config, TEXT),
        "network w/o LLM": (changed(config, "network", text=False), None),
        "network w/o Fusion": (changed(config, "network", fusion="concat", cross_attention=False), TEXT),
        "network w/o residual": (changed(config, "network", residual=False), TEXT),
        "network w/o auxiliary loss": (changed(config, "training", auxiliary_weight=0.0), TEXT),
        "network, auxiliary weight 1": (changed(config, "training", auxiliary_weight=1.0), TEXT),
        "network w/o adapters": (config, "frozen, prompted"),
        "network w/o DA": (config, "instructed, prompted"),
        "network w/o prompt": (config, "adapted"),
        "network w/o KD": (changed(config, "training", distillation_weight=0.0), TEXT),
        "network, linear tokens": (changed(config, "network", numeric="linear"), TEXT),
        "network, one member": (changed(config, "network", members=1), TEXT),
        "network, mean pooling": (changed(config, "network", pooling="mean"), TEXT),
        "network w/o context rates": (changed(config, "ensemble", context_rates=False), TEXT),
    }


def full(problem: Problem, split: Split, options: Options, text: str | None = TEXT) -> dict[str, Outcome]:
    """Full, what it is without each branch (weights fitted anew on the same inner folds), and its distilled student."""
    import numpy as np

    from ragmarket.prediction.alimn.blending import fit_blend
    from ragmarket.prediction.alimn.estimator import distil, fit

    config = full_config(problem, split, options)
    start = time.process_time()
    text = text if problem.texts else None
    customers, tested = problem.customers(split.train, text), problem.customers(split.test, text)
    model = fit(customers, problem.spec, config)
    seconds = time.process_time() - start
    evidence = model.evidence
    assert evidence is not None  # noqa: S101 (fit keeps it)
    by_branch = model.branch_logits(tested)
    truth = customers.target[evidence.rows]
    logits = model.blend.logits(by_branch)
    held = model.blend.logits(evidence.by_branch)
    found = {
        "Full": Outcome(
            model.calibrator.probabilities(logits), model.threshold, seconds, model.folds[0].curve,
            {"blend": dict(model.blend.alpha), **inspected(model.folds[0], tested)},
        )
    }  # fmt: skip
    for kind in ("none", "isotonic"):
        calibrator = Calibrator.fit(held, truth, kind)
        threshold = best_f1_threshold(calibrator.probabilities(held), truth)
        found[f"Full, calibration {kind}"] = Outcome(calibrator.probabilities(logits), threshold, seconds)
    for gone in by_branch:
        kept = {name: values for name, values in evidence.by_branch.items() if name != gone}
        blend = fit_blend(kept, truth, evidence.groups)
        calibrator = Calibrator.fit(blend.logits(kept), truth, "temperature")
        threshold = best_f1_threshold(calibrator.probabilities(blend.logits(kept)), truth)
        found[f"Full w/o {gone}"] = Outcome(
            calibrator.probabilities(blend.logits(by_branch)), threshold, seconds, [], {"blend": dict(blend.alpha)}
        )
    even = np.mean([evidence.by_branch[name] for name in by_branch], axis=0)
    calibrator = Calibrator.fit(even, truth, "temperature")
    threshold = best_f1_threshold(calibrator.probabilities(even), truth)
    mixed = np.mean(list(by_branch.values()), axis=0)
    found["Full, equal weights"] = Outcome(calibrator.probabilities(mixed), threshold, seconds)
    shifted, share = model.predict_shifted(tested)
    found["Full, prior shift corrected"] = Outcome(shifted, model.threshold, seconds, [], {"estimated share": share})
    if not problem.forward:
        learn = changed(changed(config, "network", members=1, text=False), "training", distillation_weight=1.0)
        student = distil(model, customers, learn)
        fast, slow = speed(student, tested), speed(model, tested)
        found["student of Full"] = Outcome(
            student.predict(tested),
            student.threshold,
            0.0,
            [],
            {"rows_per_second": fast, "teacher_rows_per_second": slow},
        )
    return found


def speed(model: AlimnModel, customers: Any) -> float:
    """Customers a second of one thread, encoding included."""
    start = time.process_time()
    model.predict(customers)
    return len(customers) / max(time.process_time() - start, 1e-9)


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
