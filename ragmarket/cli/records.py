"""The auditor's commands: trace, audit verify."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Protocol

import click
import typer

from ragmarket.cli.desk import DONE, FAULT, Desk, JsonFlag, VerboseFlag, examples
from ragmarket.protocols import AuditLog
from ragmarket.schemas.message import AuditRef

TRACE_HELP = """Where does each sentence of a recorded message come from?

ID is the draft_id of a result. Shows the message sentence by sentence with the span of the document version that
supports it, the disclaimers and rules in force that day, and the model that wrote it.
"""
VERIFY_HELP = """Was anything altered since it was recorded?

Walks the hash chain from its first record to its last. Prints each fault and exits with 1, or says that the chain
holds and where it ends (SEQ:HASH). Keep that head outside this machine: given back later with --head, it shows even a
log that was cut short or written anew as a whole.
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
    faults = [dict(fault) for fault in log.verify(kept)]
    if faults:
        # A log with faults may be unreadable past the first of them, and its length is then nobody's to vouch for.
        return {"holds": False, "records": None, "head": None, "faults": faults}
    head = log.head()
    records = sum(1 for _ in log.records())
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


@audit.command(
    "verify",
    help=VERIFY_HELP,
    epilog=examples(
        "ragmarket audit verify",
        "ragmarket audit verify --head 115:sha256:4f1c…     # a head that was kept elsewhere",
        "ragmarket audit verify --json | jq .head",
    ),
)
def verify(
    ctx: typer.Context,
    head: Annotated[
        AuditRef | None,
        typer.Option(parser=_kept_head, metavar="SEQ:HASH", help="A head that an earlier run printed."),
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Was anything altered since it was recorded?"""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    state = verify_chain(desk.house().audit, head)
    if desk.as_json:
        desk.json(state)
    else:
        for line in chain_lines(state):
            typer.echo(line)
    raise typer.Exit(DONE if state["holds"] else FAULT)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.command(
        "trace", help=TRACE_HELP, epilog=examples("ragmarket trace drf_0b7c…", "ragmarket trace drf_0b7c… --json")
    )(trace)
    app.add_typer(audit, name="audit")
