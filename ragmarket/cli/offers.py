"""The commands of offers: learn from the bank's own history what customers take up, and say what to offer next."""

from __future__ import annotations

from typing import Annotated

import typer

from ragmarket.cli.desk import CustomersFlag, Desk, JsonFlag, TablesFlag, VerboseFlag, examples, results_only
from ragmarket.cli.training import say_card, train

OFFERS_HELP = """What customers may want next, with evidence: learned from the bank's own history, by rules elsewhere.

For the published store the recommender of `ragmarket train offers` answers; where there is none, too little history or
a hold-out on which rules or popularity found more, the rules of knowledge/crosssell.yaml answer and the reason is told.
A recommender that was learned from other signs or tables than the store has is refused; --rules asks the rules alone.
A simulated bank (--tables) is learned from on the spot, from its outcomes/. Whom the bank may not address is offered
nothing.
"""
TRAIN_OFFERS_HELP = """Learn from the bank's own history what customers take up next.

Reads the published store: what each customer held at each month's end (`ragmarket signals publish`), its transactions
and visits up to then, and what was held a month later. The last months are held out: recall among the first offer and
the first three, with 95 % intervals, beside popularity and the readable rules. Then all months are learned from, and
`ragmarket segments offers` answers by it where it foretells at least as much as both. Seconds for thousands of
take-ups; an earlier recommender stays until the new one is whole. RAGMARKET_HOME/offers/card.json holds all figures.

Needs 250 take-ups over months that have two before them. Core banking tells them by opening dates (holdings_opened) or
by being delivered month after month; customers of whom neither is known are left out and counted.
"""


def train_offers(
    ctx: typer.Context, source: TablesFlag = None, as_json: JsonFlag = False, verbose: VerboseFlag = False
) -> None:
    """Learn what customers take up next."""
    from ragmarket.studies.offers import train_offers as train_it

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        house = desk.house()
        card = train_it(house, source, desk.note)
    if desk.as_json:
        desk.json(card.model_dump(mode="json"))
        return
    first, last = card.month_ends
    typer.echo(f"{card.take_ups:,} take-ups of {card.customers:,} customers, after the month ends {first} to {last}")
    for reason, count in card.left_out.items():
        typer.echo(f"left out, {reason}: {count:,} customers")
    held = card.holdout
    typer.echo(f"held out: {held.take_ups:,} take-ups of {held.customers:,} customers from {held.from_month_end} on")
    for name, found in (*held.recalls.items(), *held.gains.items()):
        told = ", ".join(f"{one.share:.1%} [{one.low:.1%}, {one.high:.1%}] at {one.k}" for one in found)
        typer.echo(f"{name}: {told}")
    typer.echo(
        f"the rules stay in force: {card.why_not}" if card.why_not else "`ragmarket segments offers` answers by it"
    )
    say_card(house.settings.home / "offers")


def offer(
    ctx: typer.Context,
    source: TablesFlag = None,
    customer: CustomersFlag = None,
    rules: Annotated[bool, typer.Option("--rules", help="By the readable rules, whatever was learned.")] = False,
    as_json: JsonFlag = False,
    verbose: VerboseFlag = False,
) -> None:
    """Say what to offer next."""
    from ragmarket.studies.offers import offers

    desk = Desk.of(ctx, as_json=as_json, verbose=verbose)
    with results_only():
        found = offers(desk.house(), source, customer, rules_only=rules)
    if found and found[0].why_rules:
        desk.note(f"by rules: {found[0].why_rules}")
    for one in found:
        if desk.as_json:
            desk.json(one.model_dump(mode="json"))
        elif one.barred:
            typer.echo(f"{one.customer_id}: may not be addressed ({one.barred})")
        else:
            told = "; ".join(f"{row.product_class} ({', '.join(row.evidence)})" for row in one.offers)
            typer.echo(f"{one.customer_id}: {told or 'nothing speaks for an offer'}")
    answered = {one.customer_id for one in found}
    raise typer.Exit(desk.unanswered(customer, answered, "customer {} has no row in that month"))


def add_to(segments: typer.Typer) -> None:
    """Hang the commands beside the others of `ragmarket segments` and of `ragmarket train`."""
    bank = "--tables runs/bank"
    segments.command(
        "offers",
        help=OFFERS_HELP,
        epilog=examples("ragmarket segments offers", f"ragmarket segments offers {bank} --customer SIM00000004"),
    )(offer)
    train.command(
        "offers", help=TRAIN_OFFERS_HELP, epilog=examples("ragmarket signals publish", "ragmarket train offers")
    )(train_offers)
