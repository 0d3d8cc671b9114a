"""The auditor's reading commands: trace, replay, audit verify."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Protocol

import click
import typer

from ragmarket.cli import checkpoints, retention
from ragmarket.cli.desk import DONE, FAULT, Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.protocols import AuditLog
from ragmarket.schemas.message import AuditRef

if TYPE_CHECKING:
    from ragmarket.schemas.replay import Replay

TRACE_HELP = """Where does each sentence of a recorded message come from?

ID is the draft_id of a result. Shows the message sentence by sentence with the span of the document version that
supports it, the disclaimers and rules in force that day, and the model that wrote it. The record is checked with its
neighbours in the log; `ragmarket audit verify` checks the whole of it.
"""
REPLAY_HELP = """Does a recorded draft come out the same again?

ID is the draft_id of a result. Documents, rules and the bank's knowledge are those of its day, taken from the log.
Where the model that wrote is installed, it writes again and the text must be the same; where another is, its recorded
answers are rendered and reviewed again, and the answer says so. Names each field that differs, and exits with 1 when
one does.
"""
VERIFY_HELP = """Was anything altered since it was recorded?

Walks the hash chain from its first entry to its last. Prints each fault and exits with 1, or says that the chain
holds and where it ends (SEQ:HASH). Keep that head, or better a signed checkpoint, outside this machine: given back
later, it shows even a log that was cut short or written anew as a whole. Without a public key each checkpoint's own
key is taken, which shows a change of the log but not a checkpoint that somebody else signed.

With --proof a proof that was handed out is checked, and no log is needed.
"""

audit = typer.Typer(no_args_is_help=True, help="Prove what was released.", rich_markup_mode=None)


class ChainedLog(AuditLog, Protocol):
    """An audit log that can name the end of its chain, and be held against one that was kept elsewhere."""

    def head(self) -> AuditRef | None:
        """The chain's end; None while nothing is recorded."""
        ...

    def verify(self, head: AuditRef | None = None) -> Iterable[Mapping[str, object]]:
        """Every fault of the chain, in order."""
        ...


def verify_chain(log: ChainedLog, kept: AuditRef | None = None) -> dict[str, Any]:
    """The state of the chain: ``holds``, the number of ``records``, its ``head`` and all ``faults``.

    Args:
        log: The log.
        kept: A head that was kept outside the log.
    """
    return chain_state(log.verify(kept), log)


def chain_state(found: Iterable[Mapping[str, object]], log: ChainedLog) -> dict[str, Any]:
    """What `verify_chain` returns, of faults found in one way or another."""
    faults = [dict(fault) for fault in found]
    if faults:
        # A log with faults may be unreadable past the first of them, and its length is then nobody's to vouch for.
        return {"holds": False, "records": None, "head": None, "faults": faults}
    head = log.head()
    records = head.seq if head else 0
    return {"holds": True, "records": records, "head": head.model_dump() if head else None, "faults": []}


def _kept_head(text: str) -> AuditRef:
    match = re.fullmatch(r"(\d{1,18}):((?:sha256:)?[0-9a-f]{64})", text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is not SEQ:HASH, as `ragmarket audit verify` prints it")
    return AuditRef(seq=int(match[1]), hash=match[2])


def chain_lines(state: dict[str, Any]) -> list[str]:
    """The state of the chain in words."""
    if state["holds"]:
        count = state["records"]
        lines = [f"the chain holds: {count} record{'' if count == 1 else 's'}"]
        if state["head"]:
            lines.append(f"head {state['head']['seq']}:{state['head']['hash']}")
        return lines
    return [", ".join(f"{key} {value}" for key, value in fault.items()) for fault in state["faults"]]


def trace(
    ctx: typer.Context,
    draft_id: Annotated[str, typer.Argument(metavar="ID", hidden=True)],
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Where does each sentence of a recorded message come from?"""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    house = desk.house()
    if desk.as_json:
        desk.json(house.trace(draft_id))
    else:
        typer.echo(house.trace_text(draft_id))


def replay(
    ctx: typer.Context,
    draft_id: Annotated[str, typer.Argument(metavar="ID", hidden=True)],
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Does a recorded draft come out again?"""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    house = desk.house()
    with results_only():
        found = house.replay(draft_id)
    if desk.as_json:
        desk.json(found.model_dump(mode="json"))
    else:
        typer.echo("\n".join(replay_lines(found)))
    raise typer.Exit(DONE if found.identical else FAULT)


def replay_lines(found: Replay) -> list[str]:
    """A replay in words."""
    mode = {
        "rewritten": "the recorded model wrote again",
        "reread": "another model is installed: the recorded answers were rendered and reviewed again",
        "policy": "nothing had been written; the rules were resolved again",
    }[found.mode]
    wrong = [row for row in found.fields if not row.same]
    verdict = "every field is as recorded" if found.identical else f"{len(wrong)} of {len(found.fields)} fields differ"
    lines = [f"{found.draft_id}: {verdict}", f"  {mode}"]
    for name, model in (("recorded", found.recorded_model), ("installed", found.installed_model)):
        if model is not None:
            lines.append(f"  {name} model: {model.name} {model.revision} ({model.engine})")
    lines += [f"  {one.part}: {one.used}; {one.note}" for one in found.parts]
    for row in wrong:
        lines += [f"{row.field} differs", f"  recorded: {row.recorded!r}", f"  replayed: {row.replayed!r}"]
    return lines


@audit.command(
    "verify",
    help=VERIFY_HELP,
    epilog=examples(
        "ragmarket audit verify",
        "ragmarket audit verify --head 115:sha256:4f1c…     # a head that was kept elsewhere",
        "ragmarket audit verify --checkpoint june.json --public-key audit.key.pub",
        "ragmarket audit verify --proof proof.json --public-key audit.key.pub",
        "ragmarket audit verify --json | jq .head",
    ),
)
def verify(
    ctx: typer.Context,
    head: Annotated[
        AuditRef | None,
        typer.Option(parser=_kept_head, metavar="SEQ:HASH", help="A head that an earlier run printed."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option("--checkpoint", metavar="FILE", help="A checkpoint kept elsewhere; repeatable.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", metavar="FILE", help="The key that all checkpoints are signed with.")
    ] = None,
    proof: Annotated[
        Path | None, typer.Option("--proof", metavar="FILE", help="Check a proof that was handed out; needs no log.")
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Was anything altered since it was recorded?"""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    key = None
    if public_key is not None:
        from ragmarket.audit.signing import load_public_key

        key = load_public_key(public_key)
    if proof is not None:
        if head is not None or checkpoint:
            raise click.UsageError("--proof stands alone: a proof brings its own checkpoint")
        _verify_proof(desk, proof, key)
    points = []
    if checkpoint:
        from ragmarket.audit.proofs import read_checkpoint

        points = [read_checkpoint(one) for one in checkpoint]
    log: Any = desk.house().audit
    state = chain_state(log.verify(head, points, key, _counted(desk, log)), log)
    if desk.as_json:
        desk.json(state)
    else:
        for line in chain_lines(state):
            typer.echo(line)
    raise typer.Exit(DONE if state["holds"] else FAULT)


def _counted(desk: Desk, log: ChainedLog) -> Callable[[int], None] | None:
    """What shows, to somebody who watches, how far verification is."""
    end = log.head() if desk.watched else None
    if end is None:
        return None

    def show(seq: int) -> None:
        if seq % 1000 == 0 or seq == end.seq:
            desk.progress("entries verified", seq, end.seq)

    return show


def _verify_proof(desk: Desk, file: Path, key: bytes | None) -> NoReturn:
    from ragmarket.audit.proofs import proof_faults, read_proof

    proof = read_proof(file)
    faults = proof_faults(proof, key)
    if desk.as_json:
        desk.json({"holds": not faults, "kind": proof.kind, "faults": faults})
    else:
        typer.echo("\n".join(faults) or f"the {proof.kind} proof holds")
    raise typer.Exit(FAULT if faults else DONE)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.command(
        "trace", help=TRACE_HELP, epilog=examples("ragmarket trace drf_0b7c…", "ragmarket trace drf_0b7c… --json")
    )(trace)
    app.command("replay", help=REPLAY_HELP, epilog=examples("ragmarket replay drf_0b7c…"))(replay)
    checkpoints.add_to(audit)
    retention.add_to(audit)
    app.add_typer(audit, name="audit")
