"""The presets: how many customers, how many months, and how much words and order tell that columns do not."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import Frozen


class Preset(Frozen):
    """A bank to simulate.

    Attributes:
        customers: How many customers.
        periods: How many months.
        start: First day of the first month.
        control: Whether text, order, recurrence and timing are drawn without regard to anything hidden, so that they
            know nothing that the columns do not know.
        tilt: Factor on what balances, channel counts and visits show of the intent.
        errand: Share of sessions and of notes that serve another intent than the month's.
        tile_choice: Whether a visitor may pass on where no tile of the home page serves the visit (`free`), or clicks
            one with the same chance whatever is on show (`forced`); see `ragmarket.signals.simulate.tiles`.
        idle_clicks: How much of what a tile is worth to a visitor has nothing to do with the purpose of the visit:
            curiosity, slips, the picture.
    """

    name: str
    customers: int = Field(gt=0)
    periods: int = Field(default=6, gt=0, le=60)
    start: date = date(2025, 10, 1)
    control: bool = False
    tilt: float = Field(default=1.0, ge=0.0)
    errand: float = Field(default=0.2, ge=0.0, lt=1.0)
    tile_choice: Literal["free", "forced"] = "free"
    idle_clicks: float = Field(default=0.3, gt=0.0, le=1.0)


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(name="small", customers=2_000),
        Preset(name="default", customers=35_000),
        Preset(name="control", customers=35_000, control=True, tilt=2.0),
    )
}


def preset(name: str, *, customers: int | None = None, periods: int | None = None) -> Preset:
    """A preset by name, with another size if one is given.

    Raises:
        InvalidInput: There is no such preset, or a size is not positive.
    """
    if name not in PRESETS:
        raise InvalidInput(f"preset: {name!r} is not known", hint=f"One of: {', '.join(PRESETS)}.")
    for field, value in (("customers", customers), ("periods", periods)):
        if value is not None and value < 1:
            raise InvalidInput(f"{field} must be at least 1")
    chosen = PRESETS[name]
    if periods is not None and periods > 60:
        raise InvalidInput("periods must be at most 60")
    return chosen.model_copy(update={"customers": customers or chosen.customers, "periods": periods or chosen.periods})
