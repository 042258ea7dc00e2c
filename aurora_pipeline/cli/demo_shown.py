"""What the demo shows in the end: validators' P&L, what partners are owed, and how months were closed."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.cli.table import wrapped
from aurora_pipeline.cli.terminal import coins, out, print_table
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.foundation.money import stored_amount, stored_amount_or_none, total
from aurora_pipeline.statements.documents import PayableStatement, payable_statements
from aurora_pipeline.statements.history import Dispute, disputes, events_of
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.store.database import Connection


def show_pnl(connection: Connection, chain: Chain, epoch: int) -> None:
    """What each validator earned and cost in an epoch."""
    rows = connection.execute(
        "SELECT * FROM validator_pnl WHERE chain_id = %s AND epoch = %s ORDER BY net DESC NULLS LAST, name",
        [chain.chain_id, epoch],
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


def show_statements(connection: Connection, chain: Chain, epoch: int) -> None:
    """What an epoch's lines come to, by partner, and what is held of them."""
    rows = connection.execute(
        """SELECT partner_name, line_count, held_count, lines_total, held_total, state, statement_id
           FROM partner_commission_statements WHERE chain_id = %s AND epoch = %s ORDER BY partner_name""",
        [chain.chain_id, epoch],
    ).fetchall()
    shown = [
        [
            row["partner_name"],
            row["line_count"],
            coins(stored_amount_or_none(row["lines_total"]), chain),
            coins(stored_amount_or_none(row["held_total"]), chain) if row["held_count"] else "",
            row["state"],
            str(row["statement_id"])[:8],
        ]
        for row in rows
    ]
    out.print()
    columns = ["partner", "lines", "total", "held", "state", "statement"]
    title = f"What partners are owed of epoch {epoch}, in {chain.native_unit}"
    print_table(title, columns, shown, right=["lines", "total", "held"])
    held = connection.execute(
        "SELECT reason FROM partner_commission_lines WHERE chain_id = %s AND epoch = %s AND held LIMIT 1",
        [chain.chain_id, epoch],
    ).fetchone()
    if held is not None:
        out.print(f"held, not owed until the terms are settled: {held['reason']}", markup=False)


def show_windows(connection: Connection, chain: Chain, span: range) -> None:
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


def show_months(connection: Connection, chain: Chain) -> None:
    """The statements of months that are over: their figures, what was decided, and what came back."""
    found = [one for one in payable_statements(connection, chain.chain_id) if one.is_payable]
    if not found:
        return
    out.print()
    names = ["opening", "lines", "adjustments", "payable"]
    print_table(
        f"Monthly statements, in {chain.native_unit}",
        ["partner", "month", *names, "statement"],
        [
            [one.row["partner_id"], one.key.period, *[coins(one.row[name], chain) for name in names], _stands(one)]
            for one in found
        ],
        right=names,
        prose=["statement"],
    )
    raised = [one for one in disputes(connection) if one.chain_id == chain.chain_id]
    _show_decisions(connection, found)
    _show_disputes(chain, raised)
    _show_adjustments(connection, chain, found)


def _stands(one: PayableStatement) -> str:
    carried = one.row["closing"] and one.stage is Stage.RELEASED
    step = "less than is paid out, so it opens the next month" if carried else one.next_step
    return f"{one.statement_id[:8]} is {one.stage}" + ("" if step == "nothing" else f": {step}")


def _show_decisions(connection: Connection, found: Sequence[PayableStatement]) -> None:
    decided = [(one, events_of(connection, one.statement_id)) for one in found]
    if any(events for _, events in decided):
        out.print("\n[bold]Who decided what[/]")
    for one, events in decided:
        words = [f"{event.what.partition(' (')[0]} by {event.recorded_by}" for event in events]
        accepted = len(one.stated.accepted) if one.stated is not None else 0
        if accepted:
            words[0] += f", who accepted {accepted} held or missing figures at 0 by name"
        if words:
            _say(f"{one.row['partner_id']} {one.key.period}: {', '.join(words)}")


def _show_disputes(chain: Chain, raised: Sequence[Dispute]) -> None:
    for one in raised:
        stated = "not known" if one.stated is None else coins(one.stated, chain)
        claim = f"line {one.line_id[:8]} should say {coins(one.claimed, chain)}, not {stated}: {one.why}"
        _say(f"{one.raised_by}: {claim}")
        if one.answered_by is not None:
            _say(f"{one.answered_by}: {one.answer} ({one.state})")


def _show_adjustments(connection: Connection, chain: Chain, found: Sequence[PayableStatement]) -> None:
    """What changed after a statement was approved: on the next one, by epoch and cause."""
    shown: list[list[object]] = []
    for one in found:
        rows = connection.execute(
            """SELECT source_period::bigint AS epoch, cause, count(*) AS n, sum(stated) AS stated, sum(now) AS now,
                      sum(amount) AS amount
               FROM layers.monthly_statement_entries
               WHERE (snapshot_id, statement_id, kind) = (%s, %s, 'ADJUSTMENT') GROUP BY 1, 2 ORDER BY 1, 2""",
            [one.entries_snapshot_id, one.statement_id],
        ).fetchall()
        for row in rows:
            amounts = [coins(stored_amount_or_none(row[name]), chain) for name in ("stated", "now", "amount")]
            shown.append([one.row["partner_id"], row["epoch"], row["n"], *amounts, row["cause"]])
    if shown:
        columns = ["partner", "epoch", "lines", "was stated", "is now", "adjusted", "cause"]
        out.print()
        print_table("Changed after it was stated: adjusted on the next statement", columns, shown, right=columns[1:-1])


def _say(text: str) -> None:
    """A sentence whose later lines are indented."""
    first, *rest = wrapped(text, out.width - 4)
    out.print("\n".join([f"  {first}", *(f"    {line}" for line in rest)]), markup=False)
