"""`aurora demo`: from nothing to statements and their proof, on simulated providers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from aurora_pipeline.agreements.overrides import recorded_overrides
from aurora_pipeline.cli.progress import Steps, bar
from aurora_pipeline.cli.running import job_runner
from aurora_pipeline.cli.table import wrapped
from aurora_pipeline.cli.terminal import coins, err, opened, out, print_table, use_demo, workspace
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.demo.closing import FIRST_MONTH, pay_first_month
from aurora_pipeline.demo.comparing import compare_with_terms, compare_with_truth
from aurora_pipeline.demo.errors import DemoDiffers
from aurora_pipeline.demo.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.process import SimulatorControl
from aurora_pipeline.demo.session import demo_providers, has_chain
from aurora_pipeline.demo.settling import settle
from aurora_pipeline.demo.story import (
    alone,
    demo_chain,
    is_computed,
    live_through,
    refuse_other_chain,
    register_cast,
)
from aurora_pipeline.foundation.money import stored_amount, stored_amount_or_none, total
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.node import render
from aurora_pipeline.proof.trace import trace_line
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.due import load_chain_accounts
from aurora_pipeline.statements.staleness import closed_months, first_stale
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.computing import Computing
from aurora_pipeline.work.runs import Job, RunEnd, failed
from aurora_pipeline.work.stale_lines import present_periods, stale_periods

_DEFAULT = Parameters()


def demo(
    epochs: Annotated[int, typer.Option(min=1, max=500, help="How many epochs to have computed in the end.")] = 6,
    validators: Annotated[int | None, typer.Option(help="Validators of the operator (new chains only).")] = None,
    stake_accounts: Annotated[int | None, typer.Option(help="Stake accounts on the chain (new chains only).")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed makes another chain (new chains only).")] = None,
) -> None:
    """Run the whole pipeline on a simulated chain: observed, finalized, computed, stated and proven."""
    use_demo()
    started = time.monotonic()
    place = workspace()
    wanted = {"validators": validators, "stake_accounts": stake_accounts, "seed": seed}
    given = {name: value for name, value in wanted.items() if value is not None}

    def waiting() -> None:
        err.print("Another demo is running on this data; waiting for it to end ...")

    with alone(place.data_dir, waiting):
        continued = has_chain(place)
        if not continued and (place.data_dir / "postgres").exists():
            with opened() as aurora:
                refuse_other_chain(aurora.database, place.data_dir)
        with demo_providers(place, begin=True, parameters=given) as simulator, opened() as aurora:
            parameters = Parameters.from_dict(simulator.clock()["parameters"])
            _introduce(aurora, parameters, continued)
            changed = _live(aurora, simulator, parameters, epochs)
            _show(aurora, parameters, epochs, changed, time.monotonic() - started)


def _introduce(aurora: Aurora, parameters: Parameters, continued: bool) -> None:
    database = aurora.database
    with database.connect() as connection:
        row = connection.execute("SELECT split_part(version(), ' ', 2) AS version").fetchone()
    version = row["version"] if row else "?"
    out.print(f"PostgreSQL {version} in {aurora.workspace.data_dir / 'postgres'}", markup=False)
    out.print(
        f"Chain {CHAIN_ID}: {parameters.validators} validators of ours, {parameters.stake_accounts} stake accounts,"
        f" {'continued' if continued else 'new'}; its providers are simulated on this machine"
    )


def _live(aurora: Aurora, simulator: SimulatorControl, parameters: Parameters, epochs: int) -> int:
    """Compute the epochs that are not computed yet; says how many layers were published."""
    wanted = range(parameters.first_epoch, parameters.first_epoch + epochs)
    cast = register_cast(aurora, parameters, wanted)
    for change in cast.changes:
        out.print(f"  imported {change}")
    with aurora.database.connect() as connection:
        left = [epoch for epoch in wanted if not is_computed(connection, epoch)]
    published = _compute(aurora, simulator, left) if left else 0
    return len(cast.changes) + published + _settle(aurora, parameters, wanted[-1])


def _compute(aurora: Aurora, simulator: SimulatorControl, left: list[int]) -> int:
    """Let epochs pass and compute them; says how many layers were published."""
    runner = job_runner(aurora)
    published = 0
    with bar() as progress:
        task = progress.add_task("", total=len(left))
        for epoch in left:
            end = live_through(aurora, runner, simulator, epoch, lambda text: progress.update(task, description=text))
            progress.advance(task)
            out.print(f"  {end.in_words}", markup=False)
            published += end.count("published")
            _stop_if_failed([end])
    return published


def _settle(aurora: Aurora, parameters: Parameters, epoch: int) -> int:
    """Record the demo's override once, and compute again what rests on terms that changed; says how much did."""
    chain = demo_chain(aurora)
    change = settle(aurora.database, parameters, epoch)
    with aurora.database.connect() as connection:
        is_stale = bool(stale_periods(present_periods(connection, chain)))
    ends = []
    if is_stale:
        with Steps(chain) as steps:
            ends = Computing(aurora, job_runner(aurora), chain, steps).stale_lines()
    _stop_if_failed(ends)
    return sum(end.count("published") for end in ends) + (change is not None) + close_months(aurora, parameters)


def close_months(aurora: Aurora, parameters: Parameters) -> int:
    """Compute the months that are over and stale, and pay the first one of a partner; says how much changed."""
    changed, runner = 0, job_runner(aurora)
    while True:
        with aurora.database.connect() as connection:
            stale = first_stale(aurora.configuration, connection, CHAIN_ID)
            accounts = load_chain_accounts(connection, CHAIN_ID, demo_chain(aurora).first_period)
        if stale is None or not isinstance(stale.key, MonthKey):
            is_over = FIRST_MONTH in closed_months(accounts)
            return changed + (pay_first_month(aurora.database, parameters) if is_over else 0)
        runner.register_month(stale.key)
        end = runner.run(Job.MONTH, stale.key)
        out.print(f"  {end.in_words}", markup=False)
        _stop_if_failed([end])
        changed += end.count("published")


def _stop_if_failed(ends: list[RunEnd]) -> None:
    problem = failed("the demo stopped:", ends, "see `aurora --demo status`")
    if problem is not None:
        raise problem


def _show(aurora: Aurora, parameters: Parameters, epochs: int, changed: int, seconds: float) -> None:
    chain = demo_chain(aurora)
    span = range(parameters.first_epoch, parameters.first_epoch + epochs)
    with aurora.database.connect() as connection:
        _show_pnl(connection, chain, span[-1])
        _show_statements(connection, chain, span)
        _show_windows(connection, chain, span)
        _show_months(connection, chain)
        figures = compare_with_truth(connection, parameters, span)
        terms = compare_with_terms(connection, parameters, span)
        line_id = _line_to_trace(connection, span)
        if line_id is not None:
            out.print("\n[bold]One line, down to the bytes a provider sent[/]")
            out.print(render(trace_line(connection, line_id)))
    differences = [*figures.differences, *(terms.differences if terms else ())]
    if differences:
        raise DemoDiffers("\n  ".join(["figures differ from what was simulated:", *differences[:20]]))
    out.print(
        f"\n[green]{figures.compared} of {figures.compared} figures equal what the simulator knows it generated,"
        " to the lamport.[/]"
    )
    if terms is None:
        out.print("Terms were changed since, so lines are not compared with what the demo's agreements make of it.")
    else:
        out.print(
            f"[green]{terms.compared} of {terms.compared} lines and statements equal what the demo's agreements make of"
            " it, computed by other code.[/]"
        )
    verdict = "Everything was computed before: nothing changed." if not changed else "Done"
    out.print(f"{verdict} ({seconds:.1f} s)")
    _suggest(line_id, span)


def _line_to_trace(connection: Connection, span: range) -> str | None:
    """The newest line that somebody overrode; else any that pays tips."""
    line = connection.execute(
        """SELECT line_id::text AS line_id FROM partner_commission_lines
           WHERE chain_id = %s AND epoch BETWEEN %s AND %s AND final > 0 AND NOT held AND component = 'MEV_TIPS'
           ORDER BY override IS NULL, epoch DESC, line_id LIMIT 1""",
        [CHAIN_ID, span[0], span[-1]],
    ).fetchone()
    return None if line is None else str(line["line_id"])


def _show_pnl(connection: Connection, chain: Chain, epoch: int) -> None:
    rows = connection.execute(
        "SELECT * FROM validator_pnl WHERE chain_id = %s AND epoch = %s ORDER BY net DESC NULLS LAST", [CHAIN_ID, epoch]
    ).fetchall()
    figures = ["exec_fees", "mev_tips", "vote_rewards", "commission", "total_revenue", "total_costs", "net"]
    shown = [
        [row["name"], *[coins(stored_amount_or_none(row[name]), chain) for name in figures], row["state"]]
        for row in rows
    ]
    sums = [total(stored_amount(row[name]) for row in rows if row[name] is not None) for name in figures]
    shown.append(["total of what is known", *[coins(figure, chain) for figure in sums], ""])
    columns = ["validator", "block fees", "MEV tips", "own stake", "commission", "revenue", "costs", "net", "state"]
    out.print()
    print_table(f"Validator P&L, epoch {epoch}, in {chain.native_unit}", columns, shown, right=columns[1:-1])


def _show_statements(connection: Connection, chain: Chain, span: range) -> None:
    rows = connection.execute(
        """SELECT partner_name, epoch, line_count, held_count, lines_total, held_total, state, statement_id
           FROM partner_commission_statements WHERE chain_id = %s AND epoch BETWEEN %s AND %s
           ORDER BY partner_name, epoch""",
        [CHAIN_ID, span[0], span[-1]],
    ).fetchall()
    shown = [
        [
            row["partner_name"],
            row["epoch"],
            row["line_count"],
            coins(stored_amount_or_none(row["lines_total"]), chain),
            coins(stored_amount_or_none(row["held_total"]), chain) if row["held_count"] else "",
            row["state"],
            str(row["statement_id"])[:8],
        ]
        for row in rows
    ]
    out.print()
    columns = ["partner", "epoch", "lines", "total", "held", "state", "statement"]
    print_table(
        f"Partner statements, in {chain.native_unit}", columns, shown, right=["epoch", "lines", "total", "held"]
    )
    held = connection.execute(
        "SELECT reason FROM partner_commission_lines WHERE chain_id = %s AND epoch = %s AND held LIMIT 1",
        [CHAIN_ID, span[-1]],
    ).fetchone()
    if held is not None:
        out.print(f"held, not owed until the terms are settled: {held['reason']}", markup=False)
    for override in recorded_overrides(connection, CHAIN_ID):
        if override.amount is not None and override.target.epoch in span:
            paid, computed = coins(override.amount, chain), coins(override.computed_seen, chain)
            out.print(
                f"overridden: {override.target.name} pays {paid} instead of {computed},"
                f" by {override.recorded_by}: {override.reason}",
                markup=False,
            )


def _show_windows(connection: Connection, chain: Chain, span: range) -> None:
    """A clause whose tiers run over the month, and one that carries losses, from epoch to epoch."""
    rows = connection.execute(
        """SELECT r.epoch, to_char(p.ended_at - interval '1 microsecond', 'YYYY-MM') AS month, r.metric_start, r.base,
                  r.computed, l.loss_before, l.loss_after, l.final
           FROM commission_rule_results r
           JOIN canonical_periods p USING (chain_id, epoch)
           LEFT JOIN partner_commission_lines l
                  ON (l.chain_id, l.epoch, l.agreement_id) = (r.chain_id, r.epoch, 'lumen-network')
           WHERE r.chain_id = %s AND r.epoch BETWEEN %s AND %s AND r.agreement_id = 'northwind-clients'
           ORDER BY r.epoch""",
        [CHAIN_ID, span[0], span[-1]],
    ).fetchall()
    figures = ["metric_start", "base", "computed", "loss_before", "loss_after", "final"]
    shown = [
        [row["epoch"], row["month"], *[coins(stored_amount_or_none(row[name]), chain) for name in figures]]
        for row in rows
    ]
    columns = ["epoch", "month", "month so far", "this epoch", "tiers pay", "loss before", "loss after", "network pays"]
    out.print()
    print_table(
        f"From epoch to epoch, in {chain.native_unit}: tiers of northwind-clients, losses of lumen-network",
        columns,
        shown,
        right=columns[2:],
    )


def _show_months(connection: Connection, chain: Chain) -> None:
    """The statements of months that are over, and who has to do what next."""
    found = payable_statements(connection, CHAIN_ID)
    shown = [
        [
            one.row["partner_name"],
            one.key.period,
            one.stage.value,
            *[coins(figure, chain) for figure in (one.row["known_total"], one.paid, one.row["closing"])],
            one.next_step,
            one.statement_id[:8],
        ]
        for one in found
    ]
    if shown:
        columns = ["partner", "month", "stage", "total", "paid", "closing", "next", "statement"]
        out.print()
        print_table(
            f"Monthly statements, in {chain.native_unit}",
            columns,
            shown,
            right=["total", "paid", "closing"],
            prose=["next"],
        )


def _coins(row: Mapping[str, object], names: Sequence[str], chain: Chain) -> list[str]:
    """Some amounts of a row in whole coins."""
    return [coins(stored_amount_or_none(row[name], name), chain) for name in names]


def _suggest(line_id: str | None, span: range) -> None:
    out.print("\n[bold]What to try next[/]")
    suggestions = [
        ("make up", "the Dagster UI on this data"),
        (f"aurora --demo trace {line_id[:8]}" if line_id else "", "a line, figure by figure, down to payload hashes"),
        ("aurora --demo statements list", "what each partner is owed by month, and who has to do what next"),
        (f"aurora --demo verify {CHAIN_ID} {span[-1]}", "recompute every hash of an epoch from the stored bytes"),
        (
            f'aurora --demo override {line_id[:8]} "1 SOL" --reason "settled"' if line_id else "",
            "pay something else for that line; `recompute solana-demo --stale` brings it into force",
        ),
        (
            f"aurora --demo agreements simulate FILE --chain {CHAIN_ID} --from {span[0]} --to {span[-1]}",
            "what other terms would have paid: edit a copy of .aurora/demo/files/agreements.yaml",
        ),
        (f"aurora --demo recompute {CHAIN_ID} {span[0]}..{span[-1]}", "every layer again: nothing will change"),
        (f"aurora demo --epochs {len(span) + 1}", "one epoch more"),
    ]
    for command, meaning in suggestions:
        if command:
            typed = wrapped(command if command == "make up" else f".venv/bin/{command}", out.width - 4)
            out.print("\n".join(f"  {line}" for line in " \\\n".join(typed).split("\n")), style="bold", markup=False)
            out.print(f"      {meaning}", markup=False)
