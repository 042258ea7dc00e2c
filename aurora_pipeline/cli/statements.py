"""`aurora statements compute | list | show | epochs`: what each partner is owed, from opening to closing balance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import typer

from aurora_pipeline.cli.epochs import parse_month
from aurora_pipeline.cli.figures import AsOf, Csv, epoch_statements, one_form, show_epoch_statement
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.statement_names import OfChain, OfPeriod, StatementName, named
from aurora_pipeline.cli.statement_printing import (
    print_csv,
    print_list,
    print_statement,
    proof_by_bundle,
    proof_here,
)
from aurora_pipeline.cli.terminal import err, opened, out, read_day
from aurora_pipeline.config.coin import CoinOfChain
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.statements.documents import PayableStatement, find_statement, key_named, payable_statements
from aurora_pipeline.statements.due import load_chain_accounts
from aurora_pipeline.statements.payable_drafts import periods_of
from aurora_pipeline.statements.released_documents import coins_of_released, find_released, released_to_partner
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.figures import partner_known
from aurora_pipeline.work.reads.statement_in_full import shown_released, shown_statement, statement_in_full
from aurora_pipeline.work.reads.statements import statement as balance

statements = typer.Typer(help="What each partner is owed, and who decides what next.", no_args_is_help=True)
statements.command("epochs")(epoch_statements)

_Listed = list[tuple[CoinOfChain, list[PayableStatement]]]


@statements.command("compute")
def compute(
    chain_id: Annotated[str, typer.Argument(help="A chain of chains.yaml.", show_default=False)],
    month: Annotated[str, typer.Argument(help="A month that is over, like 2026-08.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Compute the statements of a month that is over; the sensor month_closed does it by itself."""
    # Only this command pays for loading Dagster.
    from aurora_pipeline.cli.running import job_runner, report
    from aurora_pipeline.work.computing import Computed
    from aurora_pipeline.work.runs import Job

    with opened() as aurora:
        chain = aurora.configuration.chain(chain_id)
        key = parse_month(chain_id, month)
        with aurora.database.connect() as connection:
            periods_of(load_chain_accounts(connection, chain), key)
        runner = job_runner(aurora)
        runner.register_month(key)
        end = runner.run(Job.MONTH, key)
        if not as_json:
            err.print(f"  {end.in_words()}", markup=False)
        report(Computed((end,), (), ()), as_json)
        if not as_json:
            with aurora.database.connect() as connection:
                print_list(chain, [one for one in payable_statements(connection, chain_id) if one.key == key])


@statements.command("list")
def statements_list(
    chain_id: Annotated[
        str | None, typer.Argument(help="A chain of chains.yaml; else all.", show_default=False)
    ] = None,
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner, by its key.")] = None,
    as_of: AsOf = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Show the statements with balances, where each stands, and who has to do what next."""
    one_form(as_csv, as_json)
    moment = None if as_of is None else read_day(as_of, "--as-of")
    with opened(reads_only=True, for_partners=True) as aurora, aurora.database.connect() as connection:
        is_own = aurora.partner is not None
        if is_own:
            found = _released(connection, chain_id, partner, moment)
        else:
            chains = [aurora.configuration.chain(name) for name in _chains(aurora, chain_id)]
            known = None if partner is None else partner_known(connection, partner)
            found = [(c, payable_statements(connection, c.chain_id, partner_id=known, as_of=moment)) for c in chains]
    if as_json:
        print_json("statements_list", [balance(chain, one) for chain, every in found for one in every])
        return
    if as_csv:
        print_csv(found)
        return
    for chain, every in found:
        if every:
            print_list(chain, every)
    if not any(every for _, every in found):
        none = "no statement with balances is published yet: `aurora statements compute CHAIN MONTH`"
        out.print("no statement was released to you yet" if is_own else none)


def _released(connection: Connection, chain_id: str | None, partner: str | None, moment: datetime | None) -> _Listed:
    """What a partner lists: what was released to it, whatever is asked for beside it."""
    coins: Mapping[str, CoinOfChain] = coins_of_released(connection)
    every = released_to_partner(connection, chain_id, moment)
    if partner is not None:
        every = [one for one in every if one.row["partner_id"] == partner]
    return [(coins[name], [one for one in every if one.key.chain_id == name]) for name in sorted(coins)]


@statements.command("show")
def statements_show(
    statement: StatementName,
    chain_id: OfChain = None,
    period: OfPeriod = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show one statement: from opening to closing balance, its lines, adjustments, held and missing figures."""
    moment = None if as_of is None else read_day(as_of, "--as-of")
    wanted = named(statement, chain_id, period)
    with opened(reads_only=True, for_partners=True) as aurora, aurora.database.connect() as connection:
        if aurora.partner is not None:
            _show_released(connection, wanted, moment, as_json)
            return
        if chain_id is not None and period is not None:
            aurora.configuration.chain(chain_id)
            partner_known(connection, statement)
            key = key_named(chain_id, period)
            if isinstance(key, PeriodKey) and not _has(connection, statement, key):
                connection.rollback()
                show_epoch_statement(statement, chain_id, key.epoch, as_of, as_json)
                return
        found = find_statement(connection, wanted, _chains(aurora, None), moment)
        shown = shown_statement(connection, found, moment)
        chain = aurora.configuration.chain(found.key.chain_id)
    if as_json:
        print_json("statements_show", statement_in_full(chain, shown))
        return
    print_statement(chain, shown, proof_here(found))


def _show_released(connection: Connection, wanted: str, moment: datetime | None, as_json: bool) -> None:
    found = find_released(connection, wanted, moment)
    coin = coins_of_released(connection)[found.key.chain_id]
    shown = shown_released(connection, found, moment)
    if as_json:
        print_json("statements_show", statement_in_full(coin, shown))
    else:
        print_statement(coin, shown, proof_by_bundle(found))


def _has(connection: Connection, partner_id: str, key: PartitionKey) -> bool:
    return any(one.key == key for one in payable_statements(connection, key.chain_id, partner_id=partner_id))


def _chains(aurora: Aurora, chain_id: str | None) -> list[str]:
    return [chain_id] if chain_id is not None else sorted(aurora.configuration.chains)
