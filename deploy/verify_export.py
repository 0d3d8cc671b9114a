"""Verify an export of the audit log without ragmarket: python verify_export.py FOLDER [PUBLIC_KEY.pub]

Needs Python alone, and `cryptography` for the signatures. Without PUBLIC_KEY.pub the key inside the export vouches for
itself: get the key from the bank by another way. Prints every fault; exit code 0: all holds, 1: it does not.
"""

import base64, hashlib, json, sys  # noqa: E401
from pathlib import Path

sha = lambda data: hashlib.sha256(data).hexdigest()  # noqa: E731
canonical = lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()  # noqa: E731


def signature_fault(signed, pem):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    signature, own = signed.pop("signature", None), signed.get("public_key")
    if not signature or not own:
        return "it is not signed"
    if pem and load_pem_public_key(Path(pem).read_bytes()).public_bytes_raw() != base64.b64decode(own):
        return "it is signed with another key"
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(own)).verify(base64.b64decode(signature), canonical(signed))
    except Exception:
        return "its signature does not fit"


def root_of(index, size, digest, path):  # RFC 9162, section 2.1.3.2
    last = size - 1 if index < size else -1
    for sibling in map(bytes.fromhex, path):
        left = index & 1 or index == last
        digest = hashlib.sha256(b"\x01" + (sibling + digest if left else digest + sibling)).digest()
        while left and not index & 1 and index:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return digest.hex() if last == 0 else None


def faults(folder, pem):
    manifest, point = (json.loads((folder / name).read_bytes()) for name in ("manifest.json", "checkpoint.json"))
    why = {"manifest.json": signature_fault(manifest, pem), "checkpoint.json": signature_fault(point, pem)}
    yield from (f"{name}: {fault}" for name, fault in why.items() if fault)
    found = {p.relative_to(folder).as_posix(): sha(p.read_bytes()) for p in folder.rglob("*") if p.is_file()}
    for name in sorted({*found, *manifest["files"]} - {"manifest.json"}):
        if found.get(name) != manifest["files"].get(name):
            yield f"{name}: it is missing, or not what the manifest says"
    lines = (folder / "records.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    if len(lines) != manifest["records"]:
        yield f"records.jsonl: {len(lines)} lines, not {manifest['records']}"
    for row in map(json.loads, lines):
        link = {name: row[name] for name in ("previous", "recorded_at", "seq")} | {"record": row["record_sha256"]}
        if row["cited"] is not None:
            link |= {"cited": row["cited"], "draft_id": row["draft_id"], "version": 2}
            if row["record"] is not None and json.loads(row["cited"]) != row["documents"]:
                yield f"entry {row['seq']}: its documents are not those it cites"
        if row["record"] is not None and sha(row["record"].encode()) != row["record_sha256"]:
            yield f"entry {row['seq']}: the record does not give its hash"
        if "sha256:" + sha(canonical(link)) != row["hash"]:
            yield f"entry {row['seq']}: it does not give its hash"
        leaf = hashlib.sha256(b"\x00" + bytes.fromhex(row["hash"][7:])).digest()
        if root_of(row["seq"] - 1, point["size"], leaf, [one[7:] for one in row["path"]]) != point["root"][7:]:
            yield f"entry {row['seq']}: it is not in the log that the checkpoint stands for"
        yield from (f"entry {row['seq']}: document {d} is missing or altered" for d in row["documents"] if found.get(f"documents/{d}") != d)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    told = []
    try:
        told.extend(faults(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) == 3 else None))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        told.append(f"the export or the key cannot be read: {error!r}")
    print("\n".join(told) or "the export holds")
    sys.exit(1 if told else 0)
