"""The evaluator's command: ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ragmarket.cli.batches import Answering, answer_all, read_all
from ragmarket.cli.desk import DONE, REFUSED, Desk, JsonFlag, VerboseFlag, examples
from ragmarket.cli.reading import read_as, read_items

if TYPE_CHECKING:
    from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict

HELP = """Does the evidence say what the claim says?

Takes a file, or - for standard input: one pair as a JSON object, several as a JSON array, or one per line (JSON Lines).
Verdicts come in the same order: supported, contradicted, unsupported or not_verified, each with reasons that name their
places in the claim and in the evidence. Anything but supported exits with 3.

Fields: claim, evidence (a text, or a list of texts); optional: id, language of the claim (en hi ta te kn ml bn mr gu),
product_name, as_of (a date).
"""


def ground(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="PAIRS.jsonl|-", hidden=True)],
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Does the evidence say what the claim says?"""
    from ragmarket.schemas.grounding import GroundingRequest

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    batch = read_items(source, "a claim")
    entries = read_all(batch, lambda item: read_as(GroundingRequest, item, single=batch.single))
    house = desk.house()

    def show(request: GroundingRequest, verdict: GroundingVerdict) -> None:
        desk.out.print(f"{verdict.id}: {verdict.verdict} ({verdict.score:.2f})", markup=False, soft_wrap=True)
        for reason in verdict.reasons:
            where = ""
            if reason.evidence_index is not None and reason.evidence_start is not None:
                passage = request.passages[reason.evidence_index]
                where = f"  [{passage[reason.evidence_start : reason.evidence_end]}]"
            desk.out.print(f"  {reason.code}: {reason.message}{where}", markup=False, soft_wrap=True)

    how: Answering[GroundingRequest, GroundingVerdict] = Answering(
        work=house.ground,
        as_json=lambda _, verdict: verdict.model_dump(mode="json"),
        show=show,
        code=lambda verdict: DONE if verdict.verdict == "supported" else REFUSED,
        word=lambda verdict: verdict.verdict,
    )
    raise typer.Exit(answer_all(desk, entries, how, single=batch.single))


def add_to(app: typer.Typer) -> None:
    """Hang the command into the application."""
    app.command(
        "ground",
        help=HELP,
        epilog=examples(
            """echo '{"claim": "Processing fee: 1%", "evidence": "A processing fee of 1 per cent applies."}' \\""",
            """  | ragmarket ground -""",
            "ragmarket ground pairs.jsonl --json > verdicts.jsonl",
        ),
    )(ground)
