"""Muon for the matrices of the layers, AdamW for the rest, as one optimizer that a `transformers.Trainer` can drive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class MuonAdamW(torch.optim.Optimizer):
    """Two optimizers over one model; a scheduler sees the parameter groups of both.

    Args:
        model: Matrices named ``….layers.…`` get Muon, its updates scaled to AdamW's size; the rest gets AdamW.
        lr: Peak learning rate.
        weight_decay: Of the matrices.
    """

    def __init__(self, model: torch.nn.Module, lr: float, weight_decay: float) -> None:
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        matrices = [p for name, p in named if p.dim() == 2 and ".layers." in name]
        chosen = {id(p) for p in matrices}
        rest = [p for _, p in named if id(p) not in chosen]
        self._parts: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Muon(matrices, lr=lr, weight_decay=weight_decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.98), weight_decay=0.0),
        )
        super().__init__([*matrices, *rest], {"lr": lr})
        self._share_groups()

    def _share_groups(self) -> None:
        # The very dicts of the parts: a learning rate set here is the one they step with.
        self.param_groups = [group for part in self._parts for group in part.param_groups]

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step of both."""
        loss = closure() if closure is not None else None
        for part in self._parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """The states of both."""
        return {"parts": [part.state_dict() for part in self._parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the states that `state_dict` gave."""
        for part, state in zip(self._parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self._share_groups()
