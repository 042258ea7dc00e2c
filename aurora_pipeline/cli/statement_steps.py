"""`aurora statements submit | approve | reject | release | pay | acknowledge | open | history`: its life."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.keys import key_file
from aurora_pipeline.cli.statement_names import OfChain, OfPeriod, OneStatement, StatementName, named
from aurora_pipeline.cli.terminal import opened, out, print_changes, print_table, said_in_coins, tell_recorded
from aurora_pipeline.decisions.person import deciding, speaking
from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.signing.checkpoints import checkpoint_where_possible
from aurora_pipeline.statements.documents import find_statement
from aurora_pipeline.statements.transitions import answer as answers
from aurora_pipeline.statements.transitions import approve as approvals
from aurora_pipeline.statements.transitions.opening import import_openings
from aurora_pipeline.statements.transitions.pay import Payment
from aurora_pipeline.statements.transitions.pay import pay as record_payment
from aurora_pipeline.statements.transitions.release import release as record_release
from aurora_pipeline.statements.transitions.submit import submit as record_submission
from aurora_pipeline.store.database import Database
from aurora_pipeline.work.reads.recorded import recorded
from aurora_pipeline.work.reads.statements import StatementEvent, statement_history

Reason = Annotated[str, typer.Option("--reason", help="Why, for the audit log and for who reads it later.")]
Digest = Annotated[
    str | None,
    typer.Option("--digest", help="The digest that you saw, or its beginning; another is refused."),
]


def add_steps(statements: typer.Typer) -> None:
    """The commands that decide, among those that read."""
    for command in (submit, approve, reject, release, pay, acknowledge, open_balances, history):
        statements.command("open" if command is open_balances else command.__name__)(command)


def submit(
    statement: StatementName,
    reason: Reason,
    chain_id: OfChain = None,
    period: OfPeriod = None,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", help="A missing or held figure that counts 0, by its id.")
    ] = None,
    digest: Digest = None,
    as_json: Json = False,
) -> None:
    """Hand a draft in for approval, as it stands; whatever is missing or held is accepted by name."""
    wanted = named(statement, chain_id, period)
    _decide(
        lambda aurora, chains, who: record_submission(
            aurora.database, wanted, chains, accept or [], who, reason, digest
        ),
        as_json,
    )


def approve(
    statement: StatementName,
    reason: Reason,
    chain_id: OfChain = None,
    period: OfPeriod = None,
    digest: Digest = None,
    as_json: Json = False,
) -> None:
    """Approve what was submitted, by somebody else: from then on the statement never changes."""
    wanted = named(statement, chain_id, period)
    _decide(
        lambda aurora, chains, who: approvals.approve(aurora.database, wanted, chains, who, reason, digest), as_json
    )


def reject(
    statement: StatementName,
    reason: Reason,
    chain_id: OfChain = None,
    period: OfPeriod = None,
    digest: Digest = None,
    as_json: Json = False,
) -> None:
    """Hand a submission back: the statement is a draft again."""
    wanted = named(statement, chain_id, period)
    _decide(lambda aurora, chains, who: approvals.reject(aurora.database, wanted, chains, who, reason, digest), as_json)


def release(
    statement: StatementName,
    reason: Reason,
    chain_id: OfChain = None,
    period: OfPeriod = None,
    digest: Digest = None,
    as_json: Json = False,
) -> None:
    """Release an approved statement to the partner; with dual approval somebody else than who approved it."""
    wanted = named(statement, chain_id, period)
    with opened() as aurora:
        chains = sorted(aurora.configuration.chains)
        change = record_release(aurora.database, wanted, chains, deciding(aurora.database), reason, digest)
        signed, words = checkpoint_where_possible(aurora.database, key_file(aurora))
    tell_recorded([change], as_json, warnings=[] if signed is not None else [words])
    if signed is not None and not as_json:
        out.print(f"{words}; `aurora checkpoint show {signed.at.size}` prints it for whoever keeps it.", markup=False)


def pay(
    statement: OneStatement,
    amount: Annotated[str, typer.Argument(help='What was paid, like "12.5 SOL".', show_default=False)],
    to: Annotated[str, typer.Option("--to", help="The account it was paid to.")],
    reference: Annotated[str, typer.Option("--reference", help="What the payment is called in your books.")],
    transaction: Annotated[str, typer.Option("--transaction", help="The transaction on the chain.")],
    reason: Reason = "paid",
    part: Annotated[bool, typer.Option("--part", help="Less than what is due is meant.")] = False,
    include_disputed: Annotated[bool, typer.Option("--include-disputed", help="Pay what is disputed as well.")] = False,
    shared_account: Annotated[
        str | None,
        typer.Option(
            "--shared-account", help="Why it goes to an account that is another partner's or the operator's own."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Record that a released statement was paid; what is disputed is left out, by name, and stays owed."""
    payment = Payment(amount, to, reference, transaction, part, include_disputed, shared_account)
    _decide(
        lambda aurora, chains, who: record_payment(aurora.database, statement, chains, payment, who, reason), as_json
    )


def acknowledge(
    statement: StatementName,
    reason: Reason,
    chain_id: OfChain = None,
    period: OfPeriod = None,
    on_behalf_of: Annotated[
        str | None, typer.Option("--on-behalf-of", help="The partner for whom you say it, by its key.")
    ] = None,
    digest: Digest = None,
    as_json: Json = False,
) -> None:
    """Say that a released statement is right, as its partner or for it."""
    wanted = named(statement, chain_id, period)
    _decide(
        lambda aurora, chains, who: answers.acknowledge(
            aurora.database, wanted, chains, who, reason, digest, on_behalf_of
        ),
        as_json,
        speaking,
    )


def open_balances(
    file: Annotated[
        Path, typer.Argument(help="A CSV file: partner,chain_id,opening,paid_through.", show_default=False)
    ],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Import where balances begin: what was owed, and up to which month it was stated elsewhere."""
    with opened() as aurora:
        changes = import_openings(aurora.database, file, deciding(aurora.database), reason)
    tell(changes, as_json)


def history(statement: StatementName, chain_id: OfChain = None, period: OfPeriod = None, as_json: Json = False) -> None:
    """Show everything that was decided about a statement, by whom, when and why."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = find_statement(connection, named(statement, chain_id, period), sorted(aurora.configuration.chains))
        events = statement_history(connection, found.statement_id)
        chain = aurora.configuration.chain(found.key.chain_id)
    if as_json:
        print_json("statements_history", events)
        return
    if not events:
        out.print(f"nothing was decided about {found.statement_id} yet; next: {found.next_step}")
        return
    print_table(
        f"Statement {found.statement_id} of {found.row['partner_name']} for {found.key}: {found.stage}",
        ["when (UTC)", "who", "what", "digest", "why"],
        [
            [
                f"{one.recorded_at:%Y-%m-%d %H:%M:%S}",
                one.recorded_by,
                said_in_coins(one.what, chain) + _under(one),
                (one.statement_digest or "")[:12],
                one.reason,
            ]
            for one in events
        ],
        prose=["what", "why"],
    )
    told = sum(not one.is_own_login for one in events)
    if told:
        through = ", ".join(
            sorted({one.recorded_through or "a login not recorded" for one in events if not one.is_own_login})
        )
        out.print(
            f"note: duties are not separated in {told} of these: they came through {through}, who says for whom it"
            " decides; with logins of their own the database says who it was (docs/access.md)",
            markup=False,
        )


def _under(one: StatementEvent) -> str:
    """Of a release, the checkpoint that covers it."""
    if one.checkpoint_size is not None:
        return f", under the checkpoint of {one.checkpoint_size} leaves"
    return ", under no checkpoint yet" if one.what == "released" else ""


def _decide(
    step: Callable[[Aurora, Sequence[str], str], Change],
    as_json: bool,
    person: Callable[[Database], str] = deciding,
) -> None:
    with opened() as aurora:
        change = step(aurora, sorted(aurora.configuration.chains), person(aurora.database))
    tell([change], as_json)


def tell(changes: Sequence[Change], as_json: bool) -> None:
    """Say what was recorded."""
    if as_json:
        print_json("recorded", recorded(changes))
        return
    print_changes(changes)
