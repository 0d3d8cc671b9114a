"""Segments as they are kept and served: what was fitted, on what, and how a customer comes to belong."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from ragmarket.errors import ModelMissing
from ragmarket.schemas.segments import CustomerSegment, SegmentCard
from ragmarket.signals.narratives import WORDING
from ragmarket.signals.segments.cards import cards_of, reasons, shares_of
from ragmarket.signals.segments.clusters import NOISE, ClusterConfig, Clusters, fit_clusters
from ragmarket.signals.segments.pooling import LearnedPooling, PoolingConfig
from ragmarket.signals.segments.vectors import Behaviour, NarrativeVectors, behaviour, digest

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

FORMAT = 1


@dataclass(frozen=True, slots=True)
class SegmentModel:
    """Fitted segments and what is needed to serve them.

    Attributes:
        clusters: The segments.
        cards: One per segment, in the order of its number.
        wording: Version of the sentences.
        fingerprint: SHA-256 of the sentence encoder.
        pooling: None for the plain mean.
        shares: Share of each sentence among all transactions, for reasons.
        card: Where the model comes from, as plain JSON.
    """

    clusters: Clusters
    cards: tuple[SegmentCard, ...]
    wording: int
    fingerprint: str
    pooling: LearnedPooling | None
    shares: Mapping[str, float]
    card: Mapping[str, Any]

    @classmethod
    def fit(
        cls,
        transactions: pl.DataFrame,
        vectors: NarrativeVectors,
        *,
        config: ClusterConfig | None = None,
        pooling: PoolingConfig | None = None,
    ) -> SegmentModel:
        """Find segments in transactions (the columns of `ragmarket.signals.narratives.NEEDED`).

        Raises:
            InvalidInput: There are too few customers, or a transaction cannot be told as a sentence.
            MissingDependency: scikit-learn, or torch for learned pooling, is not installed.
        """
        seen = behaviour(transactions)
        table = vectors.of(seen.sentences)
        pooled = LearnedPooling.fit(transactions, vectors, pooling) if pooling else None
        points = pooled.embed(transactions, vectors)[1] if pooled else seen.mean(table)
        clusters = fit_clusters(points, config)
        labels = clusters.assign(points).labels
        card = {
            "format": FORMAT,
            "fitted_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "customers": len(seen.customers),
            "transactions": int(seen.counts.sum()),
            "sentences": len(seen.sentences),
            "sentences_sha256": digest(seen.sentences),
            "encoder": vectors.encoder.name,
            "noise": round(float((labels == NOISE).mean()), 4),
        }
        overall = dict(zip(seen.sentences, shares_of(seen, None), strict=True))
        return cls(
            clusters,
            cards_of(seen, labels, clusters.count),
            WORDING,
            vectors.encoder.fingerprint,
            pooled,
            overall,
            card,
        )

    def vectors(self, transactions: pl.DataFrame, vectors: NarrativeVectors) -> tuple[Behaviour, NDArray[np.float32]]:
        """Who did what, and each customer's vector, shape (customers, width).

        Raises:
            ModelMissing: The sentence encoder is not the one that the segments were fitted with.
        """
        if vectors.encoder.fingerprint != self.fingerprint:
            raise ModelMissing(
                "the segments were fitted with another sentence encoder",
                hint="Set the encoder of that day, or run `ragmarket segments fit` again.",
            )
        seen = behaviour(transactions)
        if self.pooling is not None:
            return seen, self.pooling.embed(transactions, vectors)[1]
        return seen, seen.mean(vectors.of(seen.sentences))

    def labels(
        self, transactions: pl.DataFrame, vectors: NarrativeVectors
    ) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """Customer ids, sorted, and the number of each one's segment, -1 for noise."""
        seen, points = self.vectors(transactions, vectors)
        return seen.customers, self.clusters.assign(points).labels

    def assign(self, transactions: pl.DataFrame, vectors: NarrativeVectors) -> tuple[CustomerSegment, ...]:
        """The segment of each customer with its reasons, in the order of customer ids.

        Args:
            transactions: Those of the customers to assign; nobody else's are needed and nothing is fitted.
            vectors: Sentence vectors of the model's encoder.

        Raises:
            InvalidInput: A transaction cannot be told as a sentence.
            ModelMissing: The encoder is another one.
        """
        seen, points = self.vectors(transactions, vectors)
        found = self.clusters.assign(points)
        by_customer: dict[int, list[int]] = {}
        for place, row in enumerate(seen.rows.tolist()):
            by_customer.setdefault(row, []).append(place)
        result = []
        for row, customer in enumerate(seen.customers):
            number = int(found.labels[row])
            own = {seen.sentences[int(seen.columns[at])]: float(seen.counts[at]) for at in by_customer[row]}
            result.append(
                CustomerSegment(
                    customer_id=customer,
                    segment=None if number == NOISE else number,
                    noise=number == NOISE,
                    distance=round(float(found.distances[row]), 5),
                    closeness=round(float(found.closeness[row]), 5),
                    transactions=int(sum(own.values())),
                    reasons=self._reasons(own, number, float(found.distances[row])),
                )
            )
        return tuple(result)

    def _reasons(self, own: Mapping[str, float], number: int, distance: float) -> tuple[str, ...]:
        if number == NOISE:
            return ("behaves like no segment closely enough",)
        rim = float(self.clusters.config.growth * self.clusters.rims[number])
        return reasons(own, self.cards[number], self.shares, distance=distance, rim=rim)

    def save(self, folder: Path) -> None:
        """Write the model; a process killed meanwhile leaves the old one whole."""
        import numpy as np

        folder.mkdir(parents=True, exist_ok=True)
        plain = {
            "card": dict(self.card),
            "wording": self.wording,
            "fingerprint": self.fingerprint,
            "config": self.clusters.config.model_dump(mode="json"),
            "noise": self.clusters.noise,
            "beside": self.clusters.beside,
            "cards": [card.model_dump(mode="json") for card in self.cards],
            "shares": dict(self.shares),
            "pooling": self.pooling.config.model_dump(mode="json") if self.pooling else None,
        }
        arrays = {
            "centre": self.clusters.centre,
            "axes": self.clusters.axes,
            "spread": self.clusters.spread,
            "points": self.clusters.points,
            "labels": self.clusters.labels,
            "rims": self.clusters.rims,
            "plain": np.frombuffer(json.dumps(plain, ensure_ascii=False).encode(), dtype=np.uint8),
        }
        if self.pooling:
            arrays |= {f"pooling.{name}": value for name, value in self.pooling.arrays().items()}
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".npz", delete=False) as stream:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
        os.replace(stream.name, folder / "segments.npz")  # noqa: PTH105 (a rename that replaces, on every system)

    @classmethod
    def load(cls, folder: Path) -> SegmentModel:
        """Read a model.

        Raises:
            ModelMissing: There is none, it is damaged, or it was made for other sentences.
        """
        import numpy as np

        hint = "Run `ragmarket segments fit`."
        try:
            with (folder / "segments.npz").open("rb") as stream, np.load(stream) as kept:
                arrays = {name: kept[name] for name in kept.files}
            plain = json.loads(arrays.pop("plain").tobytes())
            config = ClusterConfig.model_validate(plain["config"])
            pooling = None
            if plain["pooling"]:
                own = {name.removeprefix("pooling."): value for name, value in arrays.items() if "." in name}
                pooling = LearnedPooling.restored(PoolingConfig.model_validate(plain["pooling"]), own)
            clusters = Clusters(
                config=config,
                beside=float(plain["beside"]),
                noise=float(plain["noise"]),
                **{name: arrays[name] for name in ("centre", "axes", "spread", "points", "labels", "rims")},
            )
            cards = tuple(SegmentCard.model_validate(one) for one in plain["cards"])
            wording, fingerprint, shares = int(plain["wording"]), str(plain["fingerprint"]), dict(plain["shares"])
        except FileNotFoundError as error:
            raise ModelMissing(f"no segments were fitted in {folder}", hint=hint) from error
        except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise ModelMissing(f"the segments in {folder} cannot be read: {error}", hint=hint) from error
        if wording != WORDING:
            raise ModelMissing(f"the segments in {folder} were fitted on sentences of version {wording}", hint=hint)
        return cls(clusters, cards, wording, fingerprint, pooling, shares, plain["card"])
