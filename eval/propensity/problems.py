"""The public tables as problems: rows, answers, texts and the splits on which every system is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.propensity.berka import Berka, read_berka
from ragmarket.errors import InvalidInput
from ragmarket.knowledge.files import read_yaml
from ragmarket.prediction.tables import Table, TableSpec, narrate, read_table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.prediction.alimn.data import Embed, TextBank
    from ragmarket.prediction.alimn.folds import Customers

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

SPECS = Path(__file__).parent / "specs.yaml"
SEED = 42


@dataclass(frozen=True, slots=True)
class Split:
    """One measurement: which rows train, which test, and the seed of everything random."""

    name: str
    train: Indices
    test: Indices
    seed: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A table with answers; ``texts`` are its texts under several encoders (the first is the default).

    Problems of one ``family`` share their tuning. ``bag`` (n, types) counts narrative types, where the texts are
    narratives.
    """

    name: str
    title: str
    spec: TableSpec
    table: Table
    target: Floats
    splits: tuple[Split, ...]
    forward: bool = False
    texts: dict[str, TextBank] = field(default_factory=dict)
    bag: Floats | None = None
    notes: tuple[str, ...] = ()
    family: str = ""

    @property
    def test_share(self) -> float:
        """Share of the rows in a test fold."""
        first = self.splits[0]
        return len(first.test) / (len(first.test) + len(first.train))

    def customers(self, rows: Indices, text: str | None = None) -> Customers:
        """Some rows with one of the texts, or none."""
        from ragmarket.prediction.alimn.folds import Customers

        bank = self.texts[text].take(rows) if text is not None and text in self.texts else None
        return Customers(self.table.take(rows), bank, self.target[rows])


def spec_of(name: str) -> tuple[TableSpec, str]:
    """A spec of `specs.yaml` and its file's name.

    Raises:
        BadKnowledge: The file is not YAML.
    """
    data: dict[str, Any] = dict(read_yaml(SPECS)[0][name])
    file = str(data.pop("file"))
    return TableSpec.model_validate(data), file


def found(data: Path, file: str) -> Path:
    """The file in the data folder or its ``customers`` subfolder.

    Raises:
        InvalidInput: It is in neither.
    """
    for place in (data / file, data / "customers" / file):
        if place.is_file():
            return place
    raise InvalidInput(
        f"{data} holds no {file}", hint="Name the folder that holds it, or leave this problem out (--only)."
    )


def folds(target: Floats, count: int, repeats: int = 1) -> tuple[Split, ...]:
    """Stratified folds, shuffled with the seed that the published baselines used; each fold has a seed of its own."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    return tuple(
        Split(f"repeat {repeat} fold {number}" if repeats > 1 else f"fold {number}", train, test, 10 * repeat + number)
        for repeat in range(repeats)
        for number, (train, test) in enumerate(
            StratifiedKFold(count, shuffle=True, random_state=SEED + repeat).split(np.zeros(len(target)), target)
        )
    )


def forward_splits(count: int, seeds: int) -> tuple[Split, ...]:
    """The first 80 % of the rows, in their order, against the last 20 %; one split under several seeds."""
    import numpy as np

    cut = int(0.8 * count)
    return tuple(Split(f"seed {seed}", np.arange(cut), np.arange(cut, count), seed) for seed in range(seeds))


def thinned(table: Table, target: Floats, count: int) -> tuple[Table, Floats]:
    """About ``count`` rows in their order, for a quick look."""
    import numpy as np

    rows = np.linspace(0, len(target) - 1, min(count, len(target))).astype(np.int64)
    return table.take(rows), target[rows]


def uci(
    data: Path, embeds: dict[str, Embed], *, quick: bool, seeds: int, which: Sequence[str] = ()
) -> list[Callable[[], Problem]]:
    """UCI Bank without and with ``duration``, and out of time with and without the macro columns."""
    spec, file = spec_of("uci_bank")
    path = found(data, file)
    macro = ("emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed")
    long = spec.model_copy(update={"numeric": (*spec.numeric, "duration")})

    def make(name: str, title: str, used: TableSpec, forward: bool, notes: tuple[str, ...]) -> Problem:
        table, target = read_table(path, used)
        if quick:
            table, target = thinned(table, target, 3000)
        splits = forward_splits(len(target), seeds) if forward else folds(target, 5)[: 2 if quick else 5]
        return Problem(
            name,
            title,
            used,
            table,
            target,
            splits,
            forward,
            banks(table, used, embeds),
            notes=notes,
            family="uci-time" if forward else "uci",
        )

    leak = "`duration` is known only after the call: a benchmark's column, never a predictor's."
    drift = "First 80 % of the rows to the last 20 %: 6 % to 31 % positives, another economy."
    every = {
        "uci": lambda: make("uci", "UCI Bank, without duration, 5 folds", spec, False, ()),
        "uci-duration": lambda: make("uci-duration", "UCI Bank, with duration, 5 folds", long, False, (leak,)),
        "uci-time": lambda: make("uci-time", "UCI Bank, out of time", spec, True, (drift,)),
        "uci-time-no-macro": lambda: make(
            "uci-time-no-macro", "UCI Bank, out of time, no macro columns", spec.without(*macro), True, (drift,)
        ),
    }
    return [build for name, build in every.items() if not which or name in which]


def banks(table: Table, spec: TableSpec, embeds: dict[str, Embed]) -> dict[str, TextBank]:
    """The rows' sentences under each encoder; distinct sentences are encoded once."""
    from ragmarket.prediction.alimn.data import TextBank

    rows = narrate(table, spec) if spec.sentences else []
    return {name: TextBank.of_sentences(rows, embed) for name, embed in embeds.items()} if rows else {}


def berka(data: Path, embeds: dict[str, Embed], *, quick: bool) -> Problem:
    """Berka: does a client get a card later? Aggregates as the table, narratives of transactions as the text."""
    from ragmarket.prediction.alimn.data import TextBank

    read: Berka = read_berka(data)
    texts = {name: TextBank.of(read.narratives, embed) for name, embed in embeds.items()}
    splits = folds(read.target, 5, repeats=1 if quick else 2)[: 2 if quick else 10]
    note = (
        f"{len(read.target)} account owners with at least 15 transactions before November 1994, "
        f"{int(read.target.sum())} of whom got a card later."
    )
    return Problem(
        "berka",
        "Berka, card later, 2 x 5 folds",
        read.spec,
        read.table,
        read.target,
        splits,
        False,
        texts,
        read.bag,
        (note,),
    )


def hillstrom(data: Path, *, quick: bool) -> tuple[Problem, Floats]:
    """Hillstrom's trial, women's e-mail against none, visit; and who was treated (n,)."""
    import numpy as np
    import polars as pl

    path = found(data, "hillstrom_email_uplift.csv.gz")
    spec = TableSpec(
        numeric=("recency", "history", "mens", "womens", "newbie"),
        categorical=("history_segment", "zip_code", "channel"),
        target="visit",
        positive="1",
        source="MineThatData e-mail analytics challenge (Hillstrom 2008)",
    )
    table, target = read_table(path, spec)
    arm = pl.read_csv(path, infer_schema=False)["segment"].to_numpy()
    rows = np.flatnonzero(arm != "Mens E-Mail")
    if quick:
        rows = rows[:: max(1, len(rows) // 4000)]
    table, target, treated = table.take(rows), target[rows], (arm[rows] == "Womens E-Mail").astype(np.float64)
    splits = folds(2 * target + treated, 5)[: 2 if quick else 5]
    return Problem("hillstrom", "Hillstrom, women's e-mail, visit, 5 folds", spec, table, target, splits), treated
