"""The operator's commands: index, train, serve."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from ragmarket.cli.copywriting import demand_documents, ensure_index
from ragmarket.cli.desk import BAD_INPUT, DONE, FAULT, Desk, JsonFlag, VerboseFlag, examples, results_only
from ragmarket.errors import InvalidInput, MissingDependency

INDEX_HELP = """Read the corpus and index what changed.

Reads RAGMARKET_CORPUS_DIR (default: corpus/) and says per document what was added, kept, updated, removed or
rejected, and why. A rejected document leaves the others alone and exits with 2.
"""
TRAIN_HELP = """Train the writer: from nothing, or a base model of your choice through a LoRA adapter.

From nothing: pretraining and fine-tuning (FOLDER/model), then preference tuning on its own drafts, ranked by review
(FOLDER/preference/model). Checkpoints and log go to FOLDER; a run resumes where an earlier one in the same folder
stopped. Point RAGMARKET_GENERATION__MODEL_DIR at the model to write with it.

With --base PATH_OR_ID --lora: the same examples teach any causal language model; the adapter goes to FOLDER/adapter,
and vLLM serves it with --enable-lora (deploy/vllm/README.md).
"""
INTENTS_HELP = """Train the predictor of segment, intent and propensities on simulated customers.

Weights and their card, with the figures on held-out customers, go to FOLDER. The same seeds give the same bytes.
"""
CLAIMS_HELP = """Train the classifier of prohibited claims in words that no rule lists.

Learns from the written copy in knowledge/copy/ (or --copy DIR), the claim rules' examples and the bank's phrasebook.
Weights and their card, with all figures of the cross-validation, go to FOLDER. The same files give the same bytes.
"""
GROUNDING_HELP = """Train the model that judges whether a claim's words say what its evidence says.

Learns from the phrasebook, the fact catalogue, the term bases and the documents of RAGMARKET_CORPUS_DIR; with --data
DIR (or RAGMARKET_DATA_DIR), from public labelled pairs as well. Weights and their card, with figures on held-out
phrasings, languages and kinds, go to FOLDER. About ten minutes on one core.
"""
ALIMN_HELP = """Train ALIMN on a table of customers: who responds, from columns and from sentences about them.

--data is a CSV file (plain or gzipped), --spec a YAML file that names its columns: numeric, categorical, target,
positive, and if there are any, sentences (templates), steps (rounding) and contexts. The encoder's adapters first learn
the words of the corpus. Model and card go to FOLDER/model; a run resumes where an earlier one in the same folder
stopped. --as-printed trains the paper's setting instead of ours.
"""
TEMPORAL_HELP = """Train the temporal model: what customers do month by month, latent intents, seven heads at once.

--bank is a folder as `ragmarket simulate` writes it, of which features and outcomes are read, never the truth.
--labels is a CSV file (customer_id, period, intent, segment) of customers whom somebody labelled; a tenth is enough.
Without it the intents stay states without names. Model and card go to FOLDER/model; a run resumes where an earlier one
stopped.
"""
SERVE_HELP = """Serve the API and the console.

The console is at /, the API at /v1/… and its description at /docs. It has no login of its own: keep it on this
machine, or put it behind the bank's gateway.
"""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

train = typer.Typer(no_args_is_help=True, help="Train a model.", rich_markup_mode=None)


def index(ctx: typer.Context, as_json: JsonFlag = False, verbose: VerboseFlag = False) -> None:
    """Read the corpus and index what changed."""
    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    settings = desk.settings()
    desk.note(f"reading {settings.corpus_dir}")
    with results_only():
        report = desk.house(settings).index(progress=desk.watched)
    demand_documents(report, settings.corpus_dir)
    if desk.as_json:
        desk.json(report.model_dump(mode="json"))
    else:
        from ragmarket.cli.pages import index_table

        desk.out.print(index_table(report))
    rejected = any(document.action == "rejected" for document in report.documents)
    raise typer.Exit(BAD_INPUT if rejected else DONE)


@train.command(
    "writer",
    help=TRAIN_HELP,
    epilog=examples("ragmarket train writer runs/writer", "ragmarket train writer runs/writer --minutes 30"),
)
def train_writer(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", hidden=True)],
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop after this long; run again to go on.")] = None,
    preferences: Annotated[bool, typer.Option(help="Tune on ranked drafts once fine-tuning is done.")] = True,
    base: Annotated[str | None, typer.Option(metavar="PATH_OR_ID", help="A base model to adapt; needs --lora.")] = None,
    lora: Annotated[bool, typer.Option("--lora", help="Train a LoRA adapter for --base.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the writer."""
    from ragmarket.training import train_adapter, train_writer

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    if lora != (base is not None):
        raise InvalidInput("--base and --lora belong together", hint="Give both, or neither to train from nothing.")

    def report(row: dict[str, Any]) -> None:
        cells = (f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items())
        desk.note(" ".join(cells))

    with results_only():
        house = desk.house()
        if base is not None:
            outcome = train_adapter(house, base, folder, report)
        else:
            outcome = train_writer(house, folder, report, minutes=minutes, preferences=preferences)
    if desk.as_json:
        desk.json(outcome)
        return
    for key, value in outcome.items():
        typer.echo(f"{key}: {value}")
    if base is None:
        model = shlex.quote(str(Path(outcome["model"]).resolve()))
        typer.echo(f"use it with: RAGMARKET_GENERATION__MODEL_DIR={model} ragmarket draft …")
    else:
        typer.echo(f"serve it with: deploy/vllm/serve {shlex.quote(base)} --enable-lora --lora-modules \\")
        typer.echo(f"                 ragmarket-writer={shlex.quote(str((folder / 'adapter').resolve()))}")


@train.command("intents", help=INTENTS_HELP, epilog=examples("ragmarket train intents runs/intents"))
def train_intents(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", hidden=True)],
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the predictor of segment, intent and propensities."""
    from ragmarket.forecasting import train_predictor

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        outcome = train_predictor(folder, desk.note)
    if desk.as_json:
        desk.json(outcome)
        return
    for name, figures in outcome.get("held_out", {}).items():
        cells = (f"{key} {value:.3f}" for key, value in figures.items() if isinstance(value, float))
        typer.echo(f"{name}: {', '.join(cells)}")
    from ragmarket.bootstrap import PREDICTOR_WEIGHTS

    typer.echo(f"the card with all figures: {folder / 'card.json'}")
    typer.echo(f"use it with: cp {shlex.quote(str(folder))}/card.json {shlex.quote(str(folder))}/weights.npz \\")
    typer.echo(f"               {shlex.quote(str(PREDICTOR_WEIGHTS))}/")


@train.command("claims", help=CLAIMS_HELP, epilog=examples("ragmarket train claims runs/claims"))
def train_claims(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", hidden=True)],
    copy: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, metavar="DIR", help="Other copy of the same form.")
    ] = None,
    also: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, metavar="DIR", help="A second folder of copy to learn from."),
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the classifier of paraphrased claims."""
    from ragmarket.training import train_claims as train_them

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        card = train_them(folder, desk.note, copy, also)
    if desk.as_json:
        desk.json(card)
        return
    for kind, share in card["figures"]["cross_validation"].items():
        typer.echo(f"{kind}: {share['flagged']} of {share['of']} flagged when held out")
    typer.echo(f"the card with all figures: {folder / 'card.json'}")
    weights = shlex.quote(str(folder.resolve()))
    typer.echo(f"use it with: RAGMARKET_COMPLIANCE__CLAIMS_MODEL_DIR={weights} ragmarket check …")


@train.command("grounding", help=GROUNDING_HELP, epilog=examples("ragmarket train grounding runs/grounding"))
def train_grounding(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", hidden=True)],
    data: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, envvar="RAGMARKET_DATA_DIR", metavar="DIR", help="Public data sets."
        ),
    ] = None,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the support model."""
    from ragmarket.training import train_grounding as train_it

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    settings = desk.settings()
    if not settings.corpus_dir.is_dir():
        raise InvalidInput(f"{settings.corpus_dir} is not a folder", hint="Set RAGMARKET_CORPUS_DIR.")
    with results_only():
        card = train_it(folder, desk.note, corpus=settings.corpus_dir, data=data)
    if desk.as_json:
        desk.json(card)
        return
    for held in ("phrasing", "language_kind", "kind"):
        for name, share in card["figures"][held].items():
            typer.echo(f"{held} held out, {name}: {share['share']:.3f} ({share['low']:.3f} to {share['high']:.3f})")
    typer.echo(f"the card with all figures: {folder / 'card.json'}")
    weights = shlex.quote(str(folder.resolve()))
    typer.echo(f"use it with: RAGMARKET_COMPLIANCE__SUPPORT_MODEL_DIR={weights} ragmarket ground …")


@train.command(
    "alimn",
    help=ALIMN_HELP,
    epilog=examples("ragmarket train alimn runs/alimn --data customers.csv --spec customers.yaml"),
)
def train_alimn(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", hidden=True)],
    data: Annotated[Path, typer.Option(exists=True, dir_okay=False, metavar="CSV", help="The table.")],
    spec: Annotated[Path, typer.Option(exists=True, dir_okay=False, metavar="YAML", help="What its columns are.")],
    as_printed: Annotated[bool, typer.Option("--as-printed", help="The paper's exact setting.")] = False,
    adaptation: Annotated[bool, typer.Option(help="Let the encoder learn the corpus's words first.")] = True,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train ALIMN."""
    from ragmarket.forecasting import train_alimn as train_it

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    settings = desk.settings()
    corpus = settings.corpus_dir if adaptation and settings.corpus_dir.is_dir() else None

    def report(row: dict[str, Any]) -> None:
        cells = (f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items())
        desk.note(" ".join(cells))

    with results_only():
        outcome = train_it(
            folder,
            report,
            data=data,
            spec=spec,
            corpus=corpus,
            base=settings.retrieval.embedding_model,
            as_printed=as_printed,
            seed=seed,
        )
    if desk.as_json:
        desk.json(outcome)
        return
    for name, value in outcome["held_out"].items():
        typer.echo(f"{name}: {value:.4f}")
    typer.echo(f"the card with all figures: {folder / 'model' / 'card.json'}")


@train.command(
    "temporal",
    help=TEMPORAL_HELP,
    epilog=examples("ragmarket train temporal runs/temporal --bank runs/bank --labels labels.csv"),
)
def train_temporal(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", hidden=True)],
    bank: Annotated[Path, typer.Option(exists=True, file_okay=False, metavar="DIR", help="The bank's tables.")],
    labels: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, metavar="CSV", help="Intents and segments, as known.")
    ] = None,
    transformer: Annotated[bool, typer.Option("--transformer", help="A Transformer reads the months.")] = False,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Train the temporal model."""
    from ragmarket.forecasting import train_temporal as train_it

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)

    def report(row: dict[str, Any]) -> None:
        cells = (f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items())
        desk.note(" ".join(cells))

    with results_only():
        outcome = train_it(
            folder,
            report,
            bank=bank,
            labels=labels,
            encoder="transformer" if transformer else "gru",
            seed=seed,
        )
    if desk.as_json:
        desk.json(outcome)
        return
    for name, value in outcome["held_out"].items():
        typer.echo(f"{name}: {value:.4f}")
    typer.echo(f"the card with all figures: {folder / 'model' / 'card.json'}")


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: RAGMARKET_API__HOST).")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port (default: RAGMARKET_API__PORT).")] = None,
    verbose: VerboseFlag = False,
) -> None:
    """Serve the API and the console."""
    desk = Desk.of(ctx, verbose=verbose)
    try:
        import uvicorn

        from ragmarket.api.app import create_app
    except ModuleNotFoundError as error:
        raise MissingDependency(error.name or "fastapi", "api") from error
    settings = desk.settings()
    address, number = host or settings.api.host, port or settings.api.port
    _demand_port(address, number)
    house = desk.house(settings)
    ensure_index(desk, house)
    if address not in LOOPBACK:
        desk.note(f"warning: {address} can be reached from other machines, and there is no login")
    shown = f"[{address}]" if ":" in address else address
    desk.note(f"console http://{shown}:{number}/   API http://{shown}:{number}/docs   (Ctrl-C stops)")
    # One house for both: an index on disk has one owner at a time.
    app = create_app(settings, build=lambda _: house)
    try:
        uvicorn.run(app, host=address, port=number, log_level="info" if desk.verbose else "warning")
    except SystemExit as stop:  # its own exit codes mean other things here
        raise typer.Exit(FAULT if stop.code else DONE) from stop


def _demand_port(host: str, port: int) -> None:
    """Find out before anything is built, not after the models were loaded, whether the address can be had.

    Raises:
        InvalidInput: It is taken, or not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the server itself does: a connection that has just closed does not hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        hint = "Choose another with --host and --port, or stop the server that has it."
        raise InvalidInput(f"cannot listen on {host} port {port}: {error.strerror}", hint=hint) from error


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    epilog = examples("ragmarket index", "RAGMARKET_CORPUS_DIR=docs ragmarket index --json")
    app.command("index", help=INDEX_HELP, epilog=epilog)(index)
    app.add_typer(train, name="train")
    app.command("serve", help=SERVE_HELP, epilog=examples("ragmarket serve", "ragmarket serve --port 9000"))(serve)
