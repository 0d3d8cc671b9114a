"""Which of the tiles on a home page is clicked, if any: a conditional logit over the tiles on show.

McFadden (1974): a visitor chooses among what is offered in proportion to what each alternative is worth to the purpose
of the visit. Choice `free` has the alternative that every such model of a shop window has, to pass on; so a click is
likely where a tile of the purpose is on show, and unlikely where none is. Choice `forced` knows no passing: a fixed
share of visits click whatever is on show, so that most of their clicks say where a tile stood.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ragmarket.signals.simulate import rates as w

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.presets import Preset
    from ragmarket.signals.simulate.world import World

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]


def click_chances(world: World, tiles: Codes) -> Floats:
    """The chance that each tile on show is clicked, by purpose.

    Args:
        world: Its ``tiles`` are worth what a purpose makes of them, its ``passing`` is worth what passing on is.
        tiles: (n, places) codes of products, from the first place on.

    Returns:
        (z, n, places); what is missing to one is the chance of no click.
    """
    worth = world.tiles[:, tiles] * w.PLACES
    total = worth.sum(-1, keepdims=True)
    chances: Floats = worth / total * w.CLICKS if world.passing is None else worth / (total + world.passing)
    return chances


def worth_of_passing(tiles: Floats, purposes: Floats, preset: Preset) -> float | None:
    """What passing on is worth, so that ``CLICKS`` of all visits click; None where the choice is forced.

    Args:
        tiles: (z, p): what a tile is worth.
        purposes: (z,): how common each purpose is among visits.
        preset: The bank.
    """
    import numpy as np

    if preset.tile_choice == "forced":
        return None
    shown = np.array(list(itertools.permutations(range(tiles.shape[1]), len(w.PLACES))))
    total = (tiles[:, shown] * w.PLACES).sum(-1)
    low, high = 0.0, float(total.max()) / w.CLICKS
    for _ in range(60):
        middle = (low + high) / 2
        share = float(purposes @ (total / (total + middle)).mean(1))
        low, high = (middle, high) if share > w.CLICKS else (low, middle)
    # Rounded: the last bits of a sum differ between processors, and hashes must not.
    return round(low, 9)
