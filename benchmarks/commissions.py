"""What the commission engine costs: a million lines computed and published, and many small periods.

`python -m benchmarks.commissions [--lines 1000000]`
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

import polars as pl

from aurora_pipeline.agreements.tables import Basis, Method, Metric, TierMode, Window
from aurora_pipeline.agreements.terms import AgreementInForce, Clamp, Partner, PartnerWallet, Rule, Terms, Tier, Tiers
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.compute import Commissions, commission_lines
from aurora_pipeline.commissions.tables import COMMISSION_TABLES
from aurora_pipeline.commissions.windows import WindowInputs, WindowStart
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Amount, Bps, EpochNumber
from aurora_pipeline.layers import GATE
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Table as Declared
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import frame_schema
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.snapshots import write_check_publish
from benchmarks.measured import NONE, Budget, Measured, program, tell
from benchmarks.raw import copied
from benchmarks.taken import fastest, peak_mib, scratch, took

CHAIN, EPOCH = "bench", EpochNumber(850)
AGREEMENTS = 20
_PERIODS: Final = 15
_BUDGET: Final = {1_000_000: Budget(times=3, mib=2 * 1024), 10_000_000: Budget(times=3, mib=6 * 1024)}


def _frame(table: Declared, known: dict[str, object], height: int) -> pl.DataFrame:
    """A frame of a declared table; columns that are not given are null."""
    columns = []
    for name, kind in frame_schema(table).items():
        value = known.get(name)
        expression = value if isinstance(value, pl.Expr) else pl.lit(value)
        columns.append(expression.cast(kind).alias(name))
    return pl.select(pl.int_range(height).alias("row")).select(columns)


def _validator(row: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("Validator111111111111111111111111111111"), row.cast(pl.String).str.zfill(5))


def _wallet(row: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("Wallet11111111111111111111111111111111"), row.cast(pl.String).str.zfill(6))


def inputs(validators: int, wallets: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """P&L, positions and rewards: every wallet has stake on every validator."""
    row = pl.col("row")
    shared: dict[str, object] = {"chain_id": CHAIN, "epoch": EPOCH, "state": "final", "stakers_state": "final"}
    pnl: dict[str, object] = {**shared, "validator_key": _validator(row)}
    for number, component in enumerate(Component):
        pnl |= {component.column: row * 1_000_003 + 10**9 * number, f"{component.column}_state": "final"}
    account: dict[str, object] = {
        **shared,
        "validator_key": _validator(row // wallets),
        "row_kind": "ACCOUNT",
        "account_key": pl.concat_str(pl.lit("Account"), row.cast(pl.String)),
        "withdrawer_key": _wallet(row % wallets),
        "active_stake": (row * 7919 % 1_000_000 + 1) * 1_000_003,
        "staker_rewards": row * 7919 % 100_000,
    }
    accounts = [_frame(table, account, validators * wallets) for table in (POSITIONS, REWARDS)]
    own: dict[str, object] = {**shared, "row_kind": "VALIDATOR", "account_key": _validator(row)}
    frames = []
    for table, frame, column in zip((POSITIONS, REWARDS), accounts, ("active_stake", "staker_rewards"), strict=True):
        sums = frame.group_by("validator_key").agg(pl.col(column).sum())
        totals = _frame(table, {**own, "validator_key": _validator(row)}, validators)
        frames.append(pl.concat([totals.drop(column).join(sums, on="validator_key").select(frame.columns), frame]))
    return _frame(VALIDATOR_PNL, pnl, validators), frames[0], frames[1]


def agreed(wallets: int) -> tuple[Terms, WindowInputs]:
    """Agreements with tiers and caps, each with its part of the wallets, and what they start the period with."""
    steps = (Tier(Amount(10**9), Bps(100)), Tier(Amount(10**11), Bps(200)), Tier(None, Bps(300)))
    agreements, owned, starts = [], [], {}
    for number in range(AGREEMENTS):
        name, partner = f"agreement-{number}", f"partner-{number}"
        method = Method.CLIENT_REVENUE if number % 2 else Method.STAKE_WEIGHT
        tiers = Tiers(TierMode.GRADUATED, Metric.MONTH_TO_DATE, steps)
        cap = Clamp(Amount(10**6 if number < 2 else 10**12), Window.PERIOD if number % 2 else Window.MONTH)
        rule = Rule(
            "commission", 1, CHAIN, None, Component.COMMISSION, method, None, Basis.GROSS, False, tiers, None, cap,
            wallet_attribution=True,
        )  # fmt: skip
        agreements.append(AgreementInForce(name, partner, 1, (rule,)))
        starts[name, "commission"] = WindowStart(Amount(10**9 * number), Amount(10**5 * number))
        for wallet in range(number, wallets, AGREEMENTS):
            owned.append(PartnerWallet(f"Wallet11111111111111111111111111111111{wallet:06d}", partner))
    partners = tuple(Partner(agreement.partner_id, agreement.partner_id) for agreement in agreements)
    terms = Terms(CHAIN, datetime(2026, 9, 2, tzinfo=UTC), partners, tuple(agreements), (), tuple(owned))
    return terms, WindowInputs(starts)


def drafts(found: Commissions) -> list[Draft]:
    """The layers as they are published."""
    layers = (found.lines, found.results, found.allocation)
    origin = (Input("fetch", "0", "0" * 64),)
    return [
        Draft(table, PeriodKey(CHAIN, EPOCH), layer.frame, origin, layer.completeness, layer.grounds)
        for table, layer in zip(COMMISSION_TABLES, layers, strict=True)
    ]


def rows(folder: Path, lines: int) -> Iterator[Measured]:
    """So many lines computed and published; beside it the same rows by COPY into tables with the same indexes."""
    of_each = round(lines**0.5)
    with EmbeddedPostgres.start(folder / "postgres") as server:
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        frames, (terms, windows) = inputs(of_each, of_each), agreed(of_each)
        published: list[int] = []

        def whole() -> None:
            found = commission_lines(CHAIN, EPOCH, *frames, terms, windows)
            published.append(len(found.lines.frame))
            write_check_publish(database, drafts(found), GATE)

        ours, peak = took(whole, folder), peak_mib()
        names = [f"layers.{table.name}" for table in COMMISSION_TABLES]
        raw = copied(database, {name: f"SELECT * FROM {name}" for name in names}, folder)
    what = f"{published[0]:,} commission lines computed and published"
    budget = _BUDGET.get(lines, NONE)
    yield Measured.of(what, ours, raw, "COPY of the same rows into indexed tables", budget, peak)


def _by_validator(agreement: AgreementInForce) -> AgreementInForce:
    """The same terms with a line per validator."""
    return replace(agreement, rules=tuple(replace(rule, wallet_attribution=False) for rule in agreement.rules))


def small_periods() -> Iterator[Measured]:
    """Many small periods, one after the other; beside it, json.dumps of what they were computed from."""
    frames, (terms, windows) = inputs(50, 100), agreed(100)
    small = replace(terms, agreements=tuple(map(_by_validator, terms.agreements)))

    def computed() -> None:
        for _ in range(_PERIODS):
            commission_lines(CHAIN, EPOCH, *frames, small, windows)

    def dumped() -> None:
        for _ in range(_PERIODS):
            for frame in frames:
                json.dumps(frame.to_dicts(), default=str)

    what = f"{_PERIODS} periods of 50 validators, {AGREEMENTS} agreements with tiers and caps: computed"
    ours, raw = fastest(3, [computed, dumped])
    yield Measured.of(what, ours, raw, "json.dumps of their inputs")


def main() -> None:
    """Measure on a server that is gone afterwards."""
    parser = program(__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    options = parser.parse_args()
    with scratch() as folder:
        tell(chain(small_periods(), rows(folder, options.lines)), options)


if __name__ == "__main__":
    main()
