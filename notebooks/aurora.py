"""Aurora's figures in a notebook: P&L per month, what partners are owed, what was restated.

AURORA_DSN="the address that aurora sql --dsn prints" marimo edit notebooks/aurora.py
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium")


@app.cell
def _():
    import os

    import marimo as mo
    import polars as pl
    import psycopg

    return mo, os, pl, psycopg


@app.cell
def _(mo):
    mo.md("""
    # Aurora's figures

    Amounts are in whole coins, exact. A month is the calendar month in UTC of an epoch's last instant.
    `docs/analysts.md` has more questions.
    """)
    return


@app.cell
def _(os, pl, psycopg):
    if not os.environ.get("AURORA_DSN"):
        raise SystemExit("AURORA_DSN is not set: set it to the address that `aurora sql --dsn` prints")

    def ask(query):
        """A query's rows as a frame; the session can't write, and amounts stay decimals."""
        with psycopg.connect(os.environ["AURORA_DSN"], options="-c default_transaction_read_only=on") as connection:
            cursor = connection.execute(query)
            names = [column.name for column in cursor.description]
            return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)

    return (ask,)


@app.cell
def _(ask, mo):
    pnl = ask("""
        SELECT chain_id, month, sum(known_revenue) AS revenue, sum(known_costs) AS costs, sum(known_net) AS net,
               count(*) FILTER (WHERE state <> 'final') AS not_final
        FROM validator_pnl_in_coins GROUP BY chain_id, month ORDER BY chain_id, month
    """)
    mo.vstack([mo.md("## P&L per month: what is known, and how many lines are not final"), pnl])
    return (pnl,)


@app.cell
def _(ask, mo):
    partners = ask("""
        SELECT s.chain_id, s.month, n.partner_name, sum(s.lines_total) AS owed, sum(s.held_total) AS held,
               count(*) FILTER (WHERE s.lines_total IS NULL) AS not_known
        FROM partner_commission_statements_in_coins s JOIN partner_names n USING (partner_id)
        GROUP BY s.chain_id, s.month, partner_id, n.partner_name ORDER BY s.chain_id, s.month, n.partner_name
    """)
    mo.vstack([mo.md("## What partners are owed per month; held is not owed until terms are settled"), partners])
    return (partners,)


@app.cell
def _(ask, mo):
    restated = ask("""
        SELECT chain_id, epoch, asset, published_at FROM (
            SELECT p.chain_id, p.epoch, p.asset, p.published_at, s.content_digest,
                   lag(s.content_digest) OVER (PARTITION BY p.asset, p.chain_id, p.epoch ORDER BY p.sequence) AS before
            FROM publications p JOIN snapshots s USING (snapshot_id)
        ) published WHERE before <> content_digest ORDER BY published_at
    """)
    mo.vstack([mo.md("## Restatements: figures that were published and replaced by others"), restated])
    return (restated,)


if __name__ == "__main__":
    app.run()
