"""The tables of truth: what simulated customers hide, and what can be known of it at best. No model reads them."""

from __future__ import annotations

from typing import Literal, get_args

from ragmarket.schemas.base import CHANNELS, PRODUCT_CLASSES
from ragmarket.signals.columns import CUSTOMER, PERIOD, Column, Table, flag, identity, word
from ragmarket.signals.vocabulary import INTENSITIES, INTENTS, LIFE_STAGES, SEGMENTS, TIMINGS

View = Literal["columns", "all", "linked"]
VIEWS: tuple[View, ...] = get_args(View)
Sight = Literal["purpose", "visits", "all"]
SIGHTS: tuple[Sight, ...] = get_args(Sight)
HEADS: dict[str, tuple[str, ...]] = {
    "segment": SEGMENTS,
    "intent": INTENTS,
    "product": PRODUCT_CLASSES,
    "channel": CHANNELS,
    "timing": TIMINGS,
    "intensity": INTENSITIES,
}
TRUTH_CUSTOMERS = Table(
    name="truth_customers",
    role="truth",
    meaning="What never changes about a simulated customer and no bank sees.",
    key=("customer_id",),
    columns=(
        CUSTOMER,
        word("segment", SEGMENTS, "hidden segment"),
        word("life_stage", LIFE_STAGES, "hidden life stage"),
        word("engagement", INTENSITIES, "hidden readiness to act at all"),
    ),
)
TRUTH_PERIODS = Table(
    name="truth_periods",
    role="truth",
    meaning="The hidden state of each month.",
    key=("customer_id", "period"),
    columns=(
        CUSTOMER,
        PERIOD,
        word("intent", INTENTS, "latent intent of the month"),
        Column(
            name="response_probability", kind="number", unit="1",
            meaning="chance of a response to the month's touch, all hidden things known; 0 when none went out",
        ),
    ),
)  # fmt: skip
TRUTH_SESSIONS = Table(
    name="truth_sessions",
    role="truth",
    meaning="Whose session it was and what it was for.",
    key=("session_id",),
    columns=(
        identity("session_id", "one visit"),
        CUSTOMER,
        word("intent", INTENTS, "what this session was for; mostly the month's intent, not always"),
        flag("logged_in", "the customer logged in during the session"),
    ),
)
TRUTH_NOTES = Table(
    name="truth_notes",
    role="truth",
    meaning="What the contact behind a note was about.",
    key=("note_id",),
    columns=(
        identity("note_id", "one note"),
        word("intent", INTENTS, "what the contact was about; null for a complaint", nullable=True),
    ),
)  # fmt: skip

SESSION_BOUNDS = Table(
    name="session_bounds",
    role="truth",
    meaning="What one session tells of its own purpose at best, from its pages in order, its search and its tiles; and "
    "what can be known of the clicked tile before tiles are shown: from the purpose itself, from all `visits` of the "
    "customer so far, and from all tables.",
    key=("session_id",),
    columns=(
        identity("session_id", "one visit"),
        word("intent", INTENTS, "most probable purpose"),
        Column(name="probability", kind="number", unit="1", meaning="its probability"),
        *(
            word(f"tile_{sight}", PRODUCT_CLASSES, f"most probable tile, where one was clicked; {sight}", nullable=True)
            for sight in SIGHTS
        ),
        *(
            Column(
                name=f"tile_chance_{sight}", kind="number", unit="1", nullable=True,
                meaning=f"chance of the clicked tile, before tiles were shown; {sight}",
            )
            for sight in SIGHTS
        ),
    ),
)  # fmt: skip
BOUNDS = Table(
    name="bounds",
    role="truth",
    meaning="What can be known at best before the month's touch is answered: from everything hidden (`truth`), "
    "from the columns, from all tables, and from all tables with every visit traced to its customer (`linked`).",
    key=("customer_id", "period"),
    columns=(
        CUSTOMER,
        PERIOD,
        *(
            Column(name=f"response_{view}", kind="number", unit="1", meaning=f"chance of a response if sent; {view}")
            for view in ("truth", *VIEWS)
        ),
        *(
            word(f"{head}_{view}", values, f"most probable {head}; {view}")
            for view in VIEWS
            for head, values in HEADS.items()
        ),
    ),
)  # fmt: skip
