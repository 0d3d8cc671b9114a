"""How an ALIMN network is built and trained; the paper's exact setting and ours are two values of the same type."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ragmarket.prediction.calibration import Kind as CalibrationKind
from ragmarket.schemas.base import Frozen

Companion = Literal["trees", "extra_trees", "forest", "linear", "steady_trees", "steady_linear"]
Activation = Literal["relu", "tanh", "gelu", "silu", "identity"]


class NetworkConfig(Frozen):
    """Shape of the network (Eqs. 5 to 9).

    ``members`` > 1 trains that many rank-one variations of the same weights side by side (BatchEnsemble, as in TabM).
    """

    width: int = Field(64, ge=2, le=1024, description="q: length of the fused vector z")
    token_width: int = Field(16, ge=2, le=512, description="d: length of one text or metadata token")
    text: bool = Field(True, description="False: no text at all (Table 1, w/o LLM)")
    pooling: Literal["mean", "attention"] = Field("attention", description="how H becomes e")
    cross_attention: bool = Field(True, description="Eq. 5; False: text tokens are pooled alone")
    combine: Literal["sum", "concat"] = Field("sum", description="how H_fusion meets H_text; the paper leaves it open")
    fusion: Literal["gate", "concat"] = Field("gate", description="Eq. 6; concat: Table 1, w/o Fusion")
    numeric: Literal["linear", "periodic", "piecewise"] = "piecewise"
    branches: tuple[Activation, ...] = Field(("relu", "tanh", "gelu", "silu"), min_length=1)
    residual: bool = Field(True, description="Eq. 9; False: Eq. 7")
    unit_projections: bool = Field(True, description="w_m of length one, so that alpha_m means something (Eq. 8)")
    members: int = Field(4, ge=1, le=64)
    dropout: float = Field(0.15, ge=0, lt=1)


class TrainingConfig(Frozen):
    """Loss weights (Eqs. 10 to 14), distillation (Eq. 3) and the optimiser.

    The paper's setting is ``auxiliary_weight=1`` and every term of Eq. 11 at weight one.
    """

    l2: float = Field(3e-6, ge=0, description="lambda of Eqs. 10 and 13, counted once, in the loss")
    auxiliary_weight: float = Field(0.01, ge=0, description="weight of Eq. 14")
    distillation_weight: float = Field(0.7, ge=0, le=1, description="share of Eq. 3 in the task phase")
    distillation_temperature: float = Field(2.0, gt=0)
    copy_epochs: int = Field(1, ge=0, description="epochs of the copying phase, in which Eq. 3 stands alone")
    epochs: int = Field(8, ge=1)
    patience: int = Field(3, ge=1)
    batch_size: int = Field(1024, ge=2)
    learning_rate: float = Field(3e-3, gt=0)
    seed: int = 0


class EnsembleConfig(Frozen):
    """What stands beside the network in the sum of Eq. 8, and how the weights of that sum are found.

    ``folds`` inner folds give every training row a prediction by models that never saw it; weights, calibration and
    thresholds are fitted on those. ``forward``: the folds follow the order of the rows (time), never shuffled.
    """

    folds: int = Field(4, ge=2, le=20)
    forward: bool = False
    companions: tuple[Companion, ...] = Field(
        ("trees", "extra_trees", "linear"),
        description="what stands beside the network; forest: bagged deep trees; steady: without the numbers that all "
        "of a context share (a day's interest rate), which the next period takes out of their range",
    )
    weights: Literal["fitted", "equal"] = Field(
        "fitted", description="equal: every branch alike, where the folds are too few periods to say which is better"
    )
    rounds: int | None = Field(None, ge=1, description="trees grown; None: the watched rows say when to stop")
    context_intercepts: bool = Field(
        False,
        description="lines learn an intercept per context along, and lose it: days differ for reasons no column names",
    )
    context_rates: bool = Field(True, description="response rates of recurring contexts, out of fold")
    calibration: CalibrationKind = Field(
        "temperature", description="offset: of the latest fold alone, where an order of the past may not hold any more"
    )


class AlimnConfig(Frozen):
    """Everything that decides a fit, beside the data."""

    network: NetworkConfig = NetworkConfig()
    training: TrainingConfig = TrainingConfig()
    ensemble: EnsembleConfig = EnsembleConfig()
    text_components: int | None = Field(32, ge=1, description="PCA of text vectors (3.6); None: as they are")


def paper() -> AlimnConfig:
    """The printed setting: one mean, linear tokens, four branches, all losses at weight one, nothing beside it."""
    return AlimnConfig(
        network=NetworkConfig(
            width=128,
            pooling="mean",
            numeric="linear",
            unit_projections=False,
            members=1,
        ),
        training=TrainingConfig(auxiliary_weight=1.0, distillation_weight=0.0, copy_epochs=0),
        ensemble=EnsembleConfig(companions=(), context_rates=False, calibration="none"),
        text_components=64,
    )
