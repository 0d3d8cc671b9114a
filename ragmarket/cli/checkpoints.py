"""The log keeper's commands: keys, checkpoints, and proofs for an outsider."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click
import typer

from ragmarket.cli.desk import Desk, JsonFlag, VerboseFlag, examples
from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    from ragmarket.audit.checkpoints import Checkpoints
    from ragmarket.bootstrap import House

KEYGEN_HELP = """Make a key that signs checkpoints and exports (Ed25519).

Writes FILE, readable by its owner alone, and FILE.pub, which goes to whoever is to check. Neither ever enters the
database. Name FILE in RAGMARKET_AUDIT__KEY_FILE: then checkpoints are also made unasked, every
RAGMARKET_AUDIT__CHECKPOINT_EVERY entries.
"""
CHECKPOINT_HELP = """Sign what the log holds now, to be handed out.

A checkpoint is the Merkle tree hash (RFC 6962) of all entries. Whoever has it sees later, with `ragmarket audit
verify --checkpoint`, whether any of them was altered since, and can check a proof of one record without the log.
"""
PROVE_HELP = """Prove that one record stands in the log, without the log.

ID is a draft_id. Prints JSON: the record's hash, its place, and the hashes that lead to a checkpoint's root. Checked by
`ragmarket audit verify --proof FILE`.
"""
CONSISTENCY_HELP = """Prove that an older log is the beginning of a newer one.

OLD and NEW are checkpoints that were handed out; NEW may be left out for the newest in the log.
"""
KeyFile = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="The private key, if not RAGMARKET_AUDIT__KEY_FILE.")
]
OutFile = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there, too.")]


def keeper(house: House, key: Path | None) -> Checkpoints:
    """Who makes checkpoints: with the key given here, else with that of the settings.

    Raises:
        InvalidInput: The key cannot be read.
    """
    if key is None:
        return house.checkpoints
    from ragmarket.audit.checkpoints import Checkpoints
    from ragmarket.audit.signing import load_signer

    return Checkpoints(load_signer(key))


def hand_out(desk: Desk, value: dict[str, Any], out: Path | None) -> None:
    """Print a value as JSON, and write it to a file when one is named."""
    import json

    if out is not None:
        if out.exists():
            raise InvalidInput(f"{out} exists", hint="Name another file; what was handed out is not overwritten.")
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(value, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
        desk.note(f"wrote {out}")
    desk.json(value)


def keygen(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", hidden=True)],
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Make a key that signs checkpoints and exports."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    from ragmarket.audit.signing import PUBLIC_SUFFIX, generate_key, to_text

    public = to_text(generate_key(file))
    if desk.as_json:
        desk.json({"key": str(file), "public_key_file": f"{file}{PUBLIC_SUFFIX}", "public_key": public})
    else:
        typer.echo(f"wrote {file} (private: keep it off this machine's backups) and {file}{PUBLIC_SUFFIX}")
        typer.echo(f"public key {public}")


def checkpoint(
    ctx: typer.Context,
    key: KeyFile = None,
    out: OutFile = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Sign what the log holds now."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    house = desk.house()
    made = keeper(house, key).make(house.audit)
    if made.signature is None:
        desk.note("warning: it is not signed; make a key with `ragmarket audit keygen FILE` and give it with --key")
    hand_out(desk, made.model_dump(mode="json"), out)


def prove(
    ctx: typer.Context,
    draft_id: Annotated[str, typer.Argument(metavar="ID", hidden=True)],
    against: Annotated[
        Path | None, typer.Option("--checkpoint", metavar="FILE", help="Lead to this one, not to the newest.")
    ] = None,
    out: OutFile = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Prove that one record stands in the log."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    from ragmarket.audit.checkpoints import newest, tree_of
    from ragmarket.audit.proofs import prove as prove_entry
    from ragmarket.audit.proofs import read_checkpoint

    log = desk.house().audit
    point = read_checkpoint(against) if against is not None else newest(log)
    if point is None:
        raise InvalidInput("there is no checkpoint", hint="Make one with `ragmarket audit checkpoint`.")
    hand_out(desk, prove_entry(log.entry(draft_id), point, tree_of(log)).model_dump(mode="json"), out)


def consistency(
    ctx: typer.Context,
    old: Annotated[Path, typer.Argument(metavar="OLD", hidden=True)],
    new: Annotated[Path | None, typer.Argument(metavar="NEW", hidden=True)] = None,
    out: OutFile = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Prove that one log is the beginning of another."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    from ragmarket.audit.checkpoints import newest, tree_of
    from ragmarket.audit.proofs import prove_consistency, read_checkpoint

    log = desk.house().audit
    later = read_checkpoint(new) if new is not None else newest(log)
    if later is None:
        raise click.UsageError("there is no checkpoint in the log; name NEW")
    hand_out(desk, prove_consistency(read_checkpoint(old), later, tree_of(log)).model_dump(mode="json"), out)


def add_to(audit: typer.Typer) -> None:
    """Hang the commands into `ragmarket audit`."""
    audit.command("keygen", help=KEYGEN_HELP, epilog=examples("ragmarket audit keygen ~/keys/audit.key"))(keygen)
    lines = ("ragmarket audit checkpoint --key ~/keys/audit.key --out june.json",)
    audit.command("checkpoint", help=CHECKPOINT_HELP, epilog=examples(*lines))(checkpoint)
    lines = ("ragmarket audit prove drf_0b7c… --checkpoint june.json --out proof.json",)
    audit.command("prove", help=PROVE_HELP, epilog=examples(*lines))(prove)
    audit.command("consistency", help=CONSISTENCY_HELP, epilog=examples("ragmarket audit consistency june.json"))(
        consistency
    )
