"""Ed25519 keys for checkpoints and exports: a private key in a file of its owner, never in the database."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput, MissingDependency

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUBLIC_SUFFIX = ".pub"


class Signer:
    """Signs with one private key.

    Args:
        key: The private key.
    """

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature of some bytes (RFC 8032)."""
        return self._key.sign(data)


def generate_key(file: Path) -> bytes:
    """Write a new private key (PKCS 8 PEM, readable by its owner alone) and, beside it, its public half.

    Returns:
        The raw public key, 32 bytes.

    Raises:
        InvalidInput: A file stands there already; no key is ever overwritten.
        MissingDependency: cryptography is not installed.
    """
    try:
        from cryptography.hazmat.primitives import serialization as form
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise MissingDependency("cryptography", "audit") from error
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    beside = Path(f"{file}{PUBLIC_SUFFIX}")
    for taken in (file, beside):
        if taken.exists():
            raise InvalidInput(f"{taken} exists", hint="Name another file; a key is never overwritten.")
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(private)
    beside.write_bytes(public)
    return key.public_key().public_bytes_raw()


def load_signer(file: Path) -> Signer:
    """The signer whose private key stands in a file.

    Raises:
        InvalidInput: The file cannot be read or holds no Ed25519 private key.
        MissingDependency: cryptography is not installed.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        raise MissingDependency("cryptography", "audit") from error
    hint = "Make one with `ragmarket audit keygen FILE`."
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput(f"{file}: no private key can be read: {error}", hint=hint) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(f"{file}: this is no Ed25519 key", hint=hint)
    return Signer(key)


def load_public_key(file: Path) -> bytes:
    """The raw public key in a PEM file.

    Raises:
        InvalidInput: The file cannot be read or holds no Ed25519 public key.
        MissingDependency: cryptography is not installed.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError as error:
        raise MissingDependency("cryptography", "audit") from error
    hint = f"Give the file that `ragmarket audit keygen` left beside the key, ending in {PUBLIC_SUFFIX}."
    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file}: no public key can be read: {error}", hint=hint) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput(f"{file}: this is no Ed25519 key", hint=hint)
    return key.public_bytes_raw()


def signed_by(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether a signature over some bytes is that of a key.

    Raises:
        MissingDependency: cryptography is not installed.
    """
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise MissingDependency("cryptography", "audit") from error
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def to_text(data: bytes) -> str:
    """Bytes as base64 text."""
    return base64.b64encode(data).decode("ascii")


def from_text(text: str) -> bytes:
    """Bytes from base64 text; none where it is no such text."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
