"""Adapters in every Transformer block, one set per domain, chosen by tag (Eq. 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ragmarket.errors import InvalidInput

DOMAINS = ("marketing", "product", "regulatory")


class Adapter(nn.Module):
    """Adpt_l: down, GELU, up (Houlsby et al. 2019). The up map starts at zero, so h_l + Adpt_l(h_l) = h_l at first."""

    def __init__(self, width: int, bottleneck: int) -> None:
        super().__init__()
        self.down = nn.Linear(width, bottleneck)
        self.up = nn.Linear(bottleneck, width)
        nn.init.normal_(self.down.weight, std=0.02)
        nn.init.zeros_(self.down.bias)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        """(…, width) to the same shape."""
        found: Tensor = self.up(functional.gelu(self.down(hidden)))
        return found


class DomainAdapters(nn.Module):
    """Eq. 4 for every layer and domain: h_l = h_l + Adpt_l(h_l; Theta_domain).

    "The model activates the right adapters based on domain tags": each row of a batch carries its own tag, and only
    that domain's adapters touch it; a row without a tag (-1) passes unchanged.
    """

    def __init__(self, layers: int, width: int, domains: Sequence[str] = DOMAINS, bottleneck: int = 32) -> None:
        super().__init__()
        self.domains = tuple(domains)
        self.blocks = nn.ModuleList(
            nn.ModuleList(Adapter(width, bottleneck) for _ in self.domains) for _ in range(layers)
        )
        self.tags: Tensor | None = None

    def tag(self, domains: Sequence[str | None]) -> Tensor:
        """Tags as numbers, -1 for none.

        Raises:
            InvalidInput: A domain has no adapters.
        """
        unknown = sorted({name for name in domains if name is not None and name not in self.domains})
        if unknown:
            raise InvalidInput(
                f"no adapter for the domain {', '.join(unknown)}", hint=f"There are: {', '.join(self.domains)}."
            )
        return torch.tensor([-1 if name is None else self.domains.index(name) for name in domains])

    def apply_to(self, layer: int, hidden: Tensor) -> Tensor:
        """Eq. 4 behind block ``layer``: (n, T, width) to the same shape, by the current ``tags`` (n,)."""
        if self.tags is None or bool((self.tags < 0).all()):
            return hidden
        blocks = self.blocks[layer]
        assert isinstance(blocks, nn.ModuleList)  # noqa: S101 (built so above)
        change = torch.zeros_like(hidden)
        for number in self.tags.unique().tolist():
            if number >= 0:
                rows = (self.tags == number).nonzero()[:, 0]
                change = change.index_put((rows,), blocks[number](hidden[rows]))
        return hidden + change

    def attach(self, blocks: Sequence[nn.Module]) -> Iterator[Any]:
        """Hang the adapters behind a Transformer's blocks; yields the handles that take them off again."""
        for number, block in enumerate(blocks):

            def behind(_module: nn.Module, _given: Any, out: Any, number: int = number) -> Any:
                if isinstance(out, tuple):
                    return (self.apply_to(number, out[0]), *out[1:])
                return self.apply_to(number, out)

            yield block.register_forward_hook(behind)
