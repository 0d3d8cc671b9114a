"""One network on one validation split, and the settings in which Table 1's rows differ."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from eval.propensity.outcomes import Options, Outcome, inner
from eval.propensity.problems import Problem, Split
from ragmarket.prediction.calibration import Calibrator, best_f1_threshold

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.prediction.alimn.config import AlimnConfig

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

TEXT = "adapted, prompted"


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
