"""The training objective (Eqs. 10 to 14) and distillation (Eq. 3), each a function of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


def bce(logits: Tensor, target: Tensor) -> Tensor:
    """Eq. 12: the mean of -[y log p + (1 - y) log(1 - p)], p = sigma(logit).

    The print has no minus sign; without it training would maximise the error. ``logits`` is (n,) or (n, k members);
    each member answers for itself, as averaging before the loss would let members lean on each other.
    """
    wanted = target if logits.ndim == 1 else target[:, None].expand_as(logits)
    return functional.binary_cross_entropy_with_logits(logits, wanted.to(logits.dtype))


def l2(parameters: Iterable[nn.Parameter], strength: float) -> Tensor:
    """Eqs. 10 and 13: lambda times the sum of all squared parameters.

    The paper states it twice (R in 3.4, L_reg in 3.5.2); it is one term and is counted once, here, and never also as
    the optimiser's weight decay. Its "j-th parameter group" is every trainable tensor.
    """
    terms = [parameter.square().sum() for parameter in parameters if parameter.requires_grad]
    return strength * torch.stack(terms).sum() if terms else torch.zeros(())


def auxiliary(h: Tensor, z: Tensor) -> Tensor:
    """Eq. 14: 1/M sum_m ||h_m - z||^2, the mean over customers (and members).

    With the residual of Eq. 9, h_m - z is f_m(W_m z + b_m): the term then penalises the branch itself and pulls every
    branch towards the identity. So its weight is a setting; the paper's is 1. Its text says "aligns with the final
    prediction", its equation says z; we follow the equation.

    Args:
        h: (M, n, k, q).
        z: (n, k, q).
    """
    return (h - z).square().sum(dim=-1).mean()


def distillation(student: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """Eq. 3: KL(p_teacher || p_student), p = softmax(z / temperature), the mean over rows.

    The paper sums over rows and names no temperature; we take the mean (so that the weight does not hang on the batch)
    and multiply by temperature^2, which keeps the gradient's size (Hinton et al. 2015). Temperature 1 is as printed.

    Args:
        student: (..., c) logits, c >= 2.
        teacher: The same shape.
        temperature: Above 1 softens both.
    """
    p = torch.log_softmax(teacher / temperature, dim=-1)
    q = torch.log_softmax(student / temperature, dim=-1)
    return (p.exp() * (p - q)).sum(dim=-1).mean() * temperature**2


def binary_distillation(student: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """Eq. 3 for one logit per row: the two classes' logits are (0, z).

    Args:
        student: (n,) or (n, k members).
        teacher: (n,).
        temperature: As above.
    """
    wanted = teacher if student.ndim == 1 else teacher[:, None].expand_as(student)
    return distillation(
        torch.stack([torch.zeros_like(student), student], dim=-1),
        torch.stack([torch.zeros_like(wanted), wanted], dim=-1),
        temperature,
    )


@dataclass(frozen=True, slots=True)
class Objective:
    """Eq. 11 term by term; ``total`` = bce + reg + aux (+ distillation), each already weighted."""

    bce: Tensor
    reg: Tensor
    aux: Tensor
    distillation: Tensor

    @property
    def total(self) -> Tensor:
        """Eq. 11."""
        return self.bce + self.reg + self.aux + self.distillation

    def as_row(self) -> dict[str, float]:
        """The terms as plain numbers, for the log."""
        names = ("bce", "reg", "aux", "distillation", "total")
        return {name: float(getattr(self, name).detach()) for name in names}
