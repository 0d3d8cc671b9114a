"""Sessions to vectors: fit without labels, embed anything, keep and load."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from ragmarket.errors import MissingDependency, ModelMissing
from ragmarket.signals.sessions.events import FIELDS, Sessions, Vocabulary, read_sessions

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from ragmarket.protocols import TextEncoder
    from ragmarket.signals.sessions.network import NetworkConfig, SessionNetwork
    from ragmarket.signals.sessions.pretraining import PretrainingConfig, Report

FORMAT = 1
FILE = "encoder.npz"
_AT_ONCE = 1024


class SessionEncoder:
    """A trained encoder.

    Args:
        vocabulary: Words of the fields.
        network: The Transformer.
        texts: Reads queries; the one that it was trained with.
        card: What it was trained on, as plain JSON.
    """

    def __init__(
        self, vocabulary: Vocabulary, network: SessionNetwork, texts: TextEncoder, card: dict[str, Any]
    ) -> None:
        self.vocabulary, self.network, self.texts, self.card = vocabulary, network, texts, card
        self._known: dict[str, NDArray[np.float32]] = {}

    @property
    def width(self) -> int:
        """Length of a vector."""
        return self.network.config.vector

    @classmethod
    def fit(
        cls,
        events: pl.DataFrame,
        texts: TextEncoder,
        report: Report,
        *,
        network: NetworkConfig | None = None,
        plan: PretrainingConfig | None = None,
        checkpoint: Path | None = None,
    ) -> SessionEncoder:
        """Learn from events alone; no label is read.

        Args:
            events: Session events; see `ragmarket.signals.sessions.events.read_sessions`.
            texts: Reads queries.
            report: Receives rows of progress.
            network: Sizes.
            plan: Length and losses.
            checkpoint: Where a killed run goes on from.

        Raises:
            InvalidInput: The events cannot be read.
            MissingDependency: torch is not installed.
        """
        shapes, plans = _rooms()
        vocabulary = Vocabulary.fit(events)
        sessions = read_sessions(events, vocabulary)
        config, schedule = network or shapes.NetworkConfig(), plan or plans.PretrainingConfig()
        vectors = texts.embed(list(sessions.queries) or [""])
        import torch

        torch.manual_seed(schedule.seed)
        sizes = {field: vocabulary.size(field) for field in FIELDS}
        body = shapes.SessionNetwork(sizes, int(vectors.shape[1]), config)
        rows = plans.pretrain(body, sessions, vectors, schedule, report, checkpoint)
        card = {
            "sessions": len(sessions),
            "events": int(sessions.bounds[-1]),
            "queries": len(sessions.queries),
            "texts": texts.name,
            "plan": schedule.model_dump(mode="json"),
            "training": rows,
        }
        return cls(vocabulary, body, texts, card)

    def embed(self, events: pl.DataFrame) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """Session ids, sorted, and their vectors, shape (sessions, width).

        Raises:
            InvalidInput: The events cannot be read.
        """
        sessions = read_sessions(events, self.vocabulary)
        return sessions.ids, self.vectors(sessions)

    def vectors(self, sessions: Sessions) -> NDArray[np.float32]:
        """Vectors of sessions that were read with this encoder's vocabulary, shape (sessions, width)."""
        import numpy as np
        import torch

        from ragmarket.signals.sessions.pretraining import batch_of

        text = self._text(sessions.queries)
        # Sessions of one length together: hardly any padding.
        order = np.argsort(sessions.lengths, kind="stable")
        found = np.empty((len(sessions), self.width), dtype=np.float32)
        self.network.eval()
        with torch.no_grad():
            for first in range(0, len(order), _AT_ONCE):
                chosen = order[first : first + _AT_ONCE]
                found[chosen] = self.network(batch_of(sessions, text, chosen, self.network.config.longest))[0].numpy()
        return found

    def _text(self, queries: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        width = self.network.events.text.in_features
        if not queries:
            return np.zeros((1, width), dtype=np.float32)
        new = [query for query in queries if query not in self._known]
        if new:
            self._known.update(zip(new, self.texts.embed(new), strict=True))
        return np.stack([self._known[query] for query in queries]).astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write the encoder; a process killed meanwhile leaves the old one whole."""
        import numpy as np

        folder.mkdir(parents=True, exist_ok=True)
        plain = {
            "format": FORMAT,
            "card": self.card,
            "network": self.network.config.model_dump(mode="json"),
            "words": {field: list(words) for field, words in self.vocabulary.words.items()},
            "text_width": self.network.events.text.in_features,
            "fingerprint": self.texts.fingerprint,
        }
        arrays = {f"net.{name}": value.numpy() for name, value in self.network.state_dict().items()}
        arrays["plain"] = np.frombuffer(json.dumps(plain, ensure_ascii=False).encode(), dtype=np.uint8)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".npz", delete=False) as stream:
            np.savez_compressed(stream, **arrays)
        os.replace(stream.name, folder / FILE)  # noqa: PTH105 (a rename that replaces, on every system)

    @classmethod
    def load(cls, folder: Path, texts: TextEncoder) -> SessionEncoder:
        """Read an encoder.

        Raises:
            ModelMissing: There is none, it is damaged, or it was trained with another reader of texts.
        """
        import numpy as np

        shapes, _ = _rooms()
        import torch

        hint = "Run `ragmarket sessions fit`."
        try:
            with (folder / FILE).open("rb") as stream, np.load(stream) as kept:
                arrays = {name: kept[name] for name in kept.files}
            plain = json.loads(arrays.pop("plain").tobytes())
            if plain["format"] != FORMAT:
                raise ValueError(f"format {plain['format']}")
            vocabulary = Vocabulary({field: tuple(plain["words"][field]) for field in FIELDS})
            sizes = {field: vocabulary.size(field) for field in FIELDS}
            config = shapes.NetworkConfig.model_validate(plain["network"])
            network = shapes.SessionNetwork(sizes, int(plain["text_width"]), config)
            network.load_state_dict(
                {name.removeprefix("net."): torch.from_numpy(value) for name, value in arrays.items()}
            )
            fingerprint, card = str(plain["fingerprint"]), dict(plain["card"])
        except FileNotFoundError as error:
            raise ModelMissing(f"no session encoder was fitted in {folder}", hint=hint) from error
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, BadZipFile) as error:
            raise ModelMissing(f"the session encoder in {folder} cannot be read: {error}", hint=hint) from error
        if fingerprint != texts.fingerprint:
            raise ModelMissing("the sessions were fitted with another sentence encoder", hint=hint)
        network.eval()
        return cls(vocabulary, network, texts, card)


def _rooms() -> tuple[Any, Any]:
    try:
        from ragmarket.signals.sessions import network, pretraining
    except ImportError as error:
        raise MissingDependency("torch", "signals") from error
    return network, pretraining
