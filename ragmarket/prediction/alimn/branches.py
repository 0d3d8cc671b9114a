"""The multi-branch ensemble (Eqs. 7 to 9)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ragmarket.prediction.alimn.config import Activation

ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "identity": lambda x: x,
}


class Branches(nn.Module):
    """M branches, each with its own f_m, W_m and b_m: h_m = f_m(W_m z + b_m) [+ z].

    Eq. 7 is the printed first form, Eq. 9 adds the residual. With ``members`` > 1 each member k sees r_k * z before and
    multiplies by t_k after W_m (BatchEnsemble, Wen et al. 2020; TabM starts r at random signs and t at one), with
    biases of its own. With one member r and t are absent and the equations stand as printed.
    """

    def __init__(self, width: int, activations: Sequence[Activation], *, residual: bool, members: int = 1) -> None:
        super().__init__()
        count = len(activations)
        self.functions = [ACTIVATIONS[name] for name in activations]
        self.residual = residual
        self.members = members
        bound = 1 / math.sqrt(width)
        self.weight = nn.Parameter(torch.empty(count, width, width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(count, members, width).uniform_(-bound, bound))
        self.before = self.after = None
        if members > 1:
            self.before = nn.Parameter(torch.randint(0, 2, (members, width)).float() * 2 - 1)
            self.after = nn.Parameter(torch.ones(count, members, width))

    def forward(self, z: Tensor) -> Tensor:
        """(n, k, q), k members, to h (M, n, k, q)."""
        seen = z if self.before is None else z * self.before
        linear = torch.einsum("nkq,mpq->mnkp", seen, self.weight)
        if self.after is not None:
            linear = linear * self.after[:, None]
        linear = linear + self.bias[:, None]
        found = torch.stack([function(linear[place]) for place, function in enumerate(self.functions)])
        return found + z if self.residual else found


class SimplexHead(nn.Module):
    """Eq. 8: the logit sum_m alpha_m w_m^T h_m + b_out, alpha on the simplex (a softmax), before sigma.

    alpha_m and the length of w_m cannot be told apart; with ``unit`` every w_m has length one and all share one learned
    scale, so that alpha can be read. Without it w_m is free, as printed.
    """

    def __init__(self, branches: int, width: int, *, members: int = 1, unit: bool = True) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(branches))
        self.projections = nn.Parameter(torch.randn(branches, members, width) / math.sqrt(width))
        self.bias = nn.Parameter(torch.zeros(members))
        self.scale = nn.Parameter(torch.zeros(())) if unit else None

    @property
    def alpha(self) -> Tensor:
        """(M,) in [0, 1], summing to one."""
        return torch.softmax(self.scores, dim=0)

    @property
    def directions(self) -> Tensor:
        """w_m, (M, k, q)."""
        if self.scale is None:
            return self.projections
        return functional.normalize(self.projections, dim=-1) * self.scale.exp()

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """(M, n, k, q) to the logits (n, k) and each branch's share alpha_m w_m^T h_m of them, (M, n, k)."""
        shares = self.alpha[:, None, None] * torch.einsum("mnkq,mkq->mnk", h, self.directions)
        return shares.sum(dim=0) + self.bias, shares
