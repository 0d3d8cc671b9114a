"""TabM (Gorishniy et al. 2025) from its authors' package, as a baseline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ragmarket.errors import MissingDependency
from ragmarket.prediction.metrics import roc_auc

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def fit_tabm(
    x: Floats, y: Floats, xv: Floats, yv: Floats, options: dict[str, Any], seed: int
) -> tuple[Callable[[Floats], Floats], list[dict[str, float]]]:
    """Fit on flat rows; options ``k``, ``d_block``, ``n_blocks``, ``dropout``, ``learning_rate``, ``epochs``.

    Raises:
        MissingDependency: tabm is not installed.
    """
    import numpy as np
    import torch
    from torch.nn import functional

    try:
        from tabm import TabM
    except ImportError as error:
        raise MissingDependency("tabm", "benches") from error
    torch.manual_seed(seed)
    chosen = {"k": 8, "d_block": 64, "n_blocks": 2, "dropout": 0.15, "learning_rate": 2e-3, "epochs": 8, **options}
    pace, epochs = float(chosen.pop("learning_rate")), int(chosen.pop("epochs"))
    network = TabM.make(n_num_features=x.shape[1], d_out=1, **chosen)
    optimiser = torch.optim.AdamW(network.parameters(), lr=pace, weight_decay=3e-4)
    rows, answers = _tensor(x), torch.from_numpy(y.astype(np.float32))

    def predict(given: Floats) -> Floats:
        network.eval()
        with torch.inference_mode():
            parts = [torch.sigmoid(network(part)).mean(dim=1)[:, 0] for part in _tensor(given).split(4096)]
        return np.asarray(torch.cat(parts).double().numpy())

    best, state, waited, curve = -1.0, None, 0, []
    for epoch in range(epochs):
        network.train()
        order = torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(len(x)))
        size = 1024 if len(x) > 5000 else 128
        for part in order.split(size):
            logits = network(rows[part])[:, :, 0]
            loss = functional.binary_cross_entropy_with_logits(logits, answers[part][:, None].expand_as(logits))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        found = roc_auc(predict(xv), yv)
        curve.append({"epoch": float(epoch), "watched_auc": found})
        if found > best:
            best, waited = found, 0
            state = {name: value.clone() for name, value in network.state_dict().items()}
        else:
            waited += 1
            if waited >= 3:
                break
    if state is not None:
        network.load_state_dict(state)
    return predict, curve


def _tensor(rows: Floats) -> Any:
    import numpy as np
    import torch

    return torch.from_numpy(np.clip(rows, -8, 8).astype(np.float32))
