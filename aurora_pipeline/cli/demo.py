"""`aurora demo`: from nothing to statements and their proof, on simulated providers."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from aurora_pipeline.cli.demo_bundle import hand_out
from aurora_pipeline.cli.demo_shown import show_months, show_pnl, show_statements, show_windows
from aurora_pipeline.cli.progress import Steps, bar
from aurora_pipeline.cli.running import job_runner
from aurora_pipeline.cli.table import wrapped
from aurora_pipeline.cli.terminal import err, opened, out, use_demo, workspace
from aurora_pipeline.demo import ethereum_story
from aurora_pipeline.demo.closing import CORRECTED, FIRST_MONTH, Closing
from aurora_pipeline.demo.comparing import compare_with_terms, compare_with_truth
from aurora_pipeline.demo.errors import DemoDiffers
from aurora_pipeline.demo.ethereum.parameters import CHAIN_ID as ETHEREUM
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum_story import SECONDS_PER_SLOT, WINDOWS
from aurora_pipeline.demo.process import SimulatorControl
from aurora_pipeline.demo.session import demo_providers, has_chain
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, STANDSTILL_AFTER_EPOCHS, Parameters
from aurora_pipeline.demo.story import (
    agreements_file,
    alone,
    demo_chain,
    is_computed,
    live_through,
    refuse_other_chain,
    register_cast,
)
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.tracing.node import render
from aurora_pipeline.proof.tracing.trace import trace_line
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.staleness import first_stale
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.computing import Computing
from aurora_pipeline.work.runs import Job, RunEnd, failed
from aurora_pipeline.work.stale_lines import present_periods, stale_periods

_DEFAULT = Parameters()


def demo(
    epochs: Annotated[int, typer.Option(min=1, max=500, help="How many epochs to have computed in the end.")] = 7,
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
        if not continued:
            given["ethereum_seconds_per_slot"] = SECONDS_PER_SLOT
        if not continued and (place.data_dir / "postgres").exists():
            with opened() as aurora:
                refuse_other_chain(aurora.database, place.data_dir)
        with demo_providers(place, begin=True, parameters=given) as simulator, opened() as aurora:
            parameters = Parameters.from_dict(simulator.clock()["parameters"])
            _introduce(aurora, parameters, continued)
            changed = _live(aurora, simulator, parameters, epochs)
            ethereum = EthereumParameters.from_dict(simulator.ethereum_clock()["parameters"])
            changed += _live_ethereum(aurora, simulator, ethereum)
            _show_ethereum(aurora, ethereum)
            for chain_id in (CHAIN_ID, ETHEREUM):
                hand_out(aurora, chain_id)
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
    chain = demo_chain(aurora)
    with aurora.database.connect() as connection:
        left = [epoch for epoch in wanted if not is_computed(connection, chain, epoch)]
    published = _compute(aurora, simulator, parameters, left) if left else 0
    return len(cast.changes) + published + close_months(aurora, parameters)


def _live_ethereum(aurora: Aurora, simulator: SimulatorControl, parameters: EthereumParameters) -> int:
    """The same for the demo's other chain, window by window; says how much changed."""
    chain = ethereum_story.ethereum_chain(aurora)
    out.print(
        f"Chain {chain.chain_id}: {parameters.validators} validators of ours among"
        f" {parameters.validators + parameters.strangers}, in windows of {chain.period_step} epochs"
    )
    changes = ethereum_story.register_cast(aurora, parameters)
    for change in changes:
        out.print(f"  imported {change}")
    windows = ethereum_story.windows_of(chain, WINDOWS)
    with aurora.database.connect() as connection:
        left = [window for window in windows if not is_computed(connection, chain, window[0])]
    runner, changed = job_runner(aurora), len(changes)
    with bar() as progress:
        task = progress.add_task("", total=len(left))
        for window in left:
            end = ethereum_story.live_through(
                aurora, runner, simulator, window, lambda text: progress.update(task, description=text)
            )
            progress.advance(task)
            out.print(f"  {end.in_words()}", markup=False)
            changed += end.count("published")
            _stop_if_failed([end])
    return changed + _compute_months(aurora, chain.chain_id)


def _show_ethereum(aurora: Aurora, parameters: EthereumParameters) -> None:
    """What validators of the other chain earned in its last window, and that all of it is what was simulated."""
    chain = ethereum_story.ethereum_chain(aurora)
    windows = ethereum_story.windows_of(chain, WINDOWS)
    with aurora.database.connect() as connection:
        show_pnl(connection, chain, windows[-1][0])
        show_statements(connection, chain, windows[-1][0])
        show_months(connection, chain)
        figures = ethereum_story.compare(connection, parameters, windows)
        lines = ethereum_story.compare_lines(connection, parameters, windows)
    _refuse_differences([*figures.differences, *lines.differences])
    out.print(
        f"\n[green]{figures.compared} of {figures.compared} figures and {lines.compared} of {lines.compared} lines of"
        f" {chain.chain_id} equal what the simulator knows it generated, to the wei.[/]"
    )


def _refuse_differences(differences: list[str]) -> None:
    if differences:
        raise DemoDiffers("\n  ".join(["figures differ from what was simulated:", *differences[:20]]))


def _compute(aurora: Aurora, simulator: SimulatorControl, parameters: Parameters, left: list[int]) -> int:
    """Let epochs pass, compute them, and close what months are over; says how much changed."""
    runner = job_runner(aurora)
    changed = 0
    with bar() as progress:
        task = progress.add_task("", total=len(left))
        for epoch in left:
            end = live_through(aurora, runner, simulator, epoch, lambda text: progress.update(task, description=text))
            progress.advance(task)
            out.print(f"  {end.in_words()}", markup=False)
            changed += end.count("published")
            _stop_if_failed([end])
            if not _has_statements(aurora, FIRST_MONTH) and _stale_month(aurora) is not None:
                progress.stop()
                changed += close_months(aurora, parameters)
                progress.start()
    return changed


def close_months(aurora: Aurora, parameters: Parameters) -> int:
    """Compute the months that are over, close the first one, and compute again what that changed; says how much did."""
    changed = _compute_months(aurora)
    if not _has_statements(aurora, FIRST_MONTH):
        return changed
    taken = Closing(aurora.database, parameters, agreements_file(aurora)).close()
    chain = demo_chain(aurora)
    with aurora.database.connect() as connection:
        is_stale = bool(stale_periods(present_periods(connection, chain)))
    ends = []
    if is_stale:
        with Steps(chain) as steps:
            ends = Computing(aurora, job_runner(aurora), chain, steps).stale_lines()
    _stop_if_failed(ends)
    changed += taken + sum(end.count("published") for end in ends)
    return changed + (_compute_months(aurora) if taken or ends else 0)


def _compute_months(aurora: Aurora, chain_id: str = CHAIN_ID) -> int:
    """Compute the months that are over and have no statements, or stale ones; says how many layers were published."""
    changed, runner = 0, job_runner(aurora)
    while (month := _stale_month(aurora, chain_id)) is not None:
        runner.register_month(month)
        end = runner.run(Job.MONTH, month)
        out.print(f"  {end.in_words()}", markup=False)
        _stop_if_failed([end])
        changed += end.count("published")
    return changed


def _stale_month(aurora: Aurora, chain_id: str = CHAIN_ID) -> MonthKey | None:
    """The first month that is over and has no statements, or stale ones."""
    with aurora.database.connect() as connection:
        stale = first_stale(aurora.configuration, connection, chain_id)
    return stale.key if stale is not None and isinstance(stale.key, MonthKey) else None


def _has_statements(aurora: Aurora, month: MonthKey) -> bool:
    with aurora.database.connect() as connection:
        return any(one.key == month for one in payable_statements(connection, CHAIN_ID))


def _stop_if_failed(ends: list[RunEnd]) -> None:
    problem = failed("the demo stopped:", ends, "see `aurora --demo status`")
    if problem is not None:
        raise problem


def _show(aurora: Aurora, parameters: Parameters, epochs: int, changed: int, seconds: float) -> None:
    chain = demo_chain(aurora)
    span = range(parameters.first_epoch, parameters.first_epoch + epochs)
    with aurora.database.connect() as connection:
        show_pnl(connection, chain, span[-1])
        show_statements(connection, chain, span[-1])
        show_windows(connection, chain, span)
        show_months(connection, chain)
        figures = compare_with_truth(connection, parameters, span)
        terms = compare_with_terms(connection, parameters, span)
        line_id = _line_to_trace(connection, span)
        if line_id is not None:
            out.print("\n[bold]One line, down to the bytes a provider sent[/]")
            out.print(render(trace_line(connection, line_id)))
    _refuse_differences([*figures.differences, *(terms.differences if terms else ())])
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


def _suggest(line_id: str | None, span: range) -> None:
    out.print("\n[bold]What to try next[/]")
    suggestions = [
        ("make up", "the Dagster UI on this data"),
        (f"aurora --demo trace {line_id[:8]}" if line_id else "", "a line, figure by figure, down to payload hashes"),
        ("aurora --demo statements list", "what each partner is owed by month, and who has to do what next"),
        (
            f"aurora --demo statements show {CORRECTED} {CHAIN_ID} 2026-09"
            if len(span) > STANDSTILL_AFTER_EPOCHS
            else "",
            "a statement, with what changed of August",
        ),
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
