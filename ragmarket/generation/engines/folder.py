"""A model folder as `transformers` saves it, and the revision that names its bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ragmarket.errors import ModelMissing

MODEL_FILES = ("config.json", "model.safetensors", "tokenizer.json")
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


def revision_of(folder: Path) -> str:
    """The revision of a model's or adapter's folder: a hash over its files; folders with one revision write alike.

    An adapter's configuration names its base.

    Raises:
        ModelMissing: A file is absent.
    """
    digest = hashlib.sha256()
    for name in ADAPTER_FILES if (folder / ADAPTER_FILES[0]).is_file() else MODEL_FILES:
        file = folder / name
        if not file.is_file():
            raise ModelMissing(f"the writer's model has no {name} in {folder}")
        digest.update(name.encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
