"""Contextual fusion (Eq. 6): a gate decides, per customer and dimension, between text and table."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GatedFusion(nn.Module):
    """Eq. 6: z = g * e + (1 - g) * s, g = sigma(W_f [e; s] + b_f).

    The paper's dimensions clash: e is in R^k, s in R^p and g in R^q, yet all are multiplied element by element. So e
    and s are first mapped to R^q by matrices of their own (without bias; where k = p = q and these are the identity,
    the equation is as printed), while the gate reads [e; s] as they came, W_f in R^{q x (k + p)}, as printed.
    """

    def __init__(self, text_width: int, structured_width: int, width: int) -> None:
        super().__init__()
        self.text = nn.Linear(text_width, width, bias=False)
        self.structured = nn.Linear(structured_width, width, bias=False)
        self.gate = nn.Linear(text_width + structured_width, width)

    def forward(self, e: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        """(n, k) and (n, p) to z (n, q) and the gate (n, q), in (0, 1): 1 is all text."""
        gate = torch.sigmoid(self.gate(torch.cat([e, s], dim=-1)))
        return gate * self.text(e) + (1 - gate) * self.structured(s), gate


class ConcatFusion(nn.Module):
    """Table 1, w/o Fusion: z = W [e; s] + b, and no gate."""

    def __init__(self, text_width: int, structured_width: int, width: int) -> None:
        super().__init__()
        self.joint = nn.Linear(text_width + structured_width, width)

    def forward(self, e: Tensor, s: Tensor) -> tuple[Tensor, None]:
        """(n, k) and (n, p) to z (n, q)."""
        return self.joint(torch.cat([e, s], dim=-1)), None
