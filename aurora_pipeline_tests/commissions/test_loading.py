"""Every kind of rule through the database: what is loaded for it is all that it reads, as the oracle computes it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.agreements.proposed import read_proposal
from aurora_pipeline.agreements.wallets import import_wallets
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.drafts import draft_lines
from aurora_pipeline.commissions.simulate import simulate
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, Workspace
from aurora_pipeline.periods.record import Period, record_period
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.proof.tracing.trace import trace_line
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.work.stale_lines import present_periods, stale_periods
from aurora_pipeline_tests.commissions.conftest import CHAIN, pnl_frame, stake_frames
from aurora_pipeline_tests.commissions.oracle import REDUCED_BY, Expected, Validator, World, expect
from aurora_pipeline_tests.gated import write_check_publish

START = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, SECOND = 850, 851
COMPONENTS = tuple(component.value for component in Component)
RATES = [(None, None), ("GRADUATED", "PERIOD"), ("GRADUATED", "MONTH_TO_DATE"), ("GRADUATED", "YEAR_TO_DATE"),
         ("GRADUATED", "LIFETIME"), ("VOLUME", "PERIOD"), ("VOLUME", "INTRODUCED_STAKE")]  # fmt: skip
BASES = [("GROSS", False), ("NET", False), ("NET", True)]
CAPS = [None, "PERIOD", "MONTH"]
Rule = dict[str, Any]


def rules() -> Iterator[Rule]:
    """One rule of every possible combination of method, component, metric, basis and window."""
    combinations = product(("FIXED_SHARE", "STAKE_WEIGHT", "CLIENT_REVENUE"), COMPONENTS, RATES, BASES, CAPS)
    for number, (method, component, (mode, metric), (basis, carries), window) in enumerate(combinations):
        if (method, component, basis) == ("CLIENT_REVENUE", "VOTE_REWARDS", "NET"):
            continue
        edge = 150 if metric == "INTRODUCED_STAKE" else 10**6
        yield {
            "key": "only",
            "component": component,
            "method": method,
            "validator": None,
            "bps": None if mode else 7,
            "tiers": None if mode is None else (mode, metric, [(edge, 3), (None, 9)]),
            "basis": basis,
            "carry_losses": carries,
            "stacks": False,
            "floor": None,
            "cap": None if window is None else (10**6 + number, window),
            "wallet_attribution": False,
            "funded_by": None,
        }


def written(rule: Rule) -> str:
    """The rule as an agreements file says it."""
    fields = {"rule": rule["key"], "chain": CHAIN, "component": rule["component"], "method": rule["method"]}
    fields |= {"basis": rule["basis"], "carry_losses": str(rule["carry_losses"]).lower()}
    if rule["tiers"] is None:
        fields["rate_bps"] = rule["bps"]
    else:
        mode, metric, ((edge, low), (_, high)) = rule["tiers"]
        steps = f"[{{up_to: {edge} lamports, rate_bps: {low}}}, {{rate_bps: {high}}}]"
        fields["tiers"] = f"{{mode: {mode}, metric: {metric}, steps: {steps}}}"
    if rule["cap"] is not None:
        fields |= {"cap": f"{rule['cap'][0]} lamports", "cap_window": rule["cap"][1]}
    return "{" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}"


def world(agreements: Mapping[str, Rule]) -> World:
    """Two validators on which every agreement's partner has two wallets; one's costs exceed its revenue."""
    wallets = {name: [wallet(place, 0), wallet(place, 1)] for place, name in enumerate(agreements)}
    validators = {}
    for place, scale in enumerate((10**12, 10**9)):
        accounts: list[tuple[str, str | None, int, int]] = [(f"s{place}", wallet(10**6, 0), 50, 70)]
        accounts += [
            (f"s{place}-{name}-{number}", owned, 100 + number, 200 + number)
            for name, both in wallets.items()
            for number, owned in enumerate(both)
        ]
        amounts = {component: scale + number for number, component in enumerate(COMPONENTS)}
        costs = {columns[0]: scale * (1 + place) // 2 + 1 for columns in REDUCED_BY.values() if columns}
        validators[f"V{place}"] = Validator(dict(amounts), costs, accounts=accounts)
    return World(validators, {name: [rule] for name, rule in agreements.items()}, wallets)


def wallet(partner: int, number: int) -> str:
    return Parameters().key("wallet", 2 * partner + number)


@dataclass(frozen=True)
class Book:
    """A database with two published periods of a world, and what can be decided and computed there."""

    aurora: Aurora
    folder: Path

    @property
    def chain(self) -> Chain:
        return self.aurora.configuration.chain(CHAIN)

    def publish(self, world: World) -> None:
        pnl = pnl_frame(
            {key: {Component(name): amount for name, amount in one.amounts.items()}
             for key, one in world.validators.items()},
            costs={key: one.costs for key, one in world.validators.items()},
        )  # fmt: skip
        known = {name: pl.lit(0).cast(pl.Decimal(38, 0)) for name in ("known_revenue", "known_costs", "known_net")}
        stake = stake_frames({key: one.accounts or () for key, one in world.validators.items()})
        frames = (pnl.with_columns(**known, state=pl.lit("final")), *stake)
        for table, frame in zip((VALIDATOR_PNL, POSITIONS, REWARDS), frames, strict=True):
            for epoch in (FIRST, SECOND):
                source = (Input("fetch", f"{table.name}/{epoch}", "0" * 64),)
                moved = frame.with_columns(epoch=pl.lit(epoch, pl.Int64))
                draft = Draft(table, PeriodKey(CHAIN, EpochNumber(epoch)), moved, source, Completeness.FINAL)
                write_check_publish(self.aurora.database, [draft])

    def file(self, agreements: Mapping[str, Rule]) -> Path:
        entries = [
            f"  - {{agreement: {name}, partner: p-{name}, active_from: 2026-01-01, rules: [{written(rule)}]}}"
            for name, rule in agreements.items()
        ]
        partners = [f"  - {{partner: p-{name}, name: {name}}}" for name in agreements]
        path = self.folder / "agreements.yaml"
        path.write_text("\n".join(["partners:", *partners, "agreements:", *entries]))
        return path

    def introduce(self, wallets: Mapping[str, list[str]]) -> None:
        rows = [f"{CHAIN},{owned},2026-01-01,p-{name}" for name, both in wallets.items() for owned in both]
        path = self.folder / "wallets.csv"
        path.write_text("\n".join(["chain_id,wallet_address,introduced_date,partner", *rows]))
        import_wallets(self.aurora.database, path, None, "ada", "introduced")

    def compute(self, epoch: int) -> None:
        with self.aurora.database.connect() as connection:
            drafts = draft_lines(self.aurora.configuration, connection, PeriodKey(CHAIN, EpochNumber(epoch)))
        write_check_publish(self.aurora.database, drafts)

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        with self.aurora.database.connect() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def stale(self) -> list[int]:
        with self.aurora.database.connect() as connection:
            # Nothing is stated here, which by itself makes lines stale.
            present = [replace(period, is_stated=True) for period in present_periods(connection, self.chain)]
            return [one.key.epoch for one in stale_periods(present)]


@pytest.fixture
def book(database: Database, tmp_path: Path) -> Iterator[Book]:
    for name in ("chains.yaml", "providers.yaml"):
        shutil.copy(str(files("aurora_pipeline.demo") / name), tmp_path / name)
    variables = {**os.environ, DATABASE_VARIABLE: database.conninfo, DEMO_URL_VARIABLE: "http://127.0.0.1:9"}
    with Aurora(Workspace(tmp_path, False, variables)) as aurora:
        with aurora.database.connect() as connection:
            for place, epoch in enumerate((FIRST, SECOND)):
                begins = START + timedelta(days=5 * place)
                period = Period(PeriodKey(CHAIN, EpochNumber(epoch)), 0, 9, 0, 9, begins, begins + timedelta(days=5))
                record_period(connection, period, [])
        yield Book(aurora, tmp_path)


def _figures(book: Book, epoch: int) -> dict[tuple[str, str], tuple[int, int, int]]:
    rows = book.rows(
        "SELECT agreement_id, rule_key, base, computed, cap_reduction FROM commission_rule_results WHERE epoch = %s",
        epoch,
    )
    return {
        (row["agreement_id"], row["rule_key"]): (int(row["base"]), int(row["computed"]), int(row["cap_reduction"]))
        for row in rows
    }


def _expected(expected: Expected) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {key: (base, computed, cut) for key, (base, computed, cut, *_) in expected.results.items()}


@pytest.mark.slow
def test_loaded__every_kind_of_rule_alone__reads_all_that_the_oracle_reads(book: Book) -> None:
    agreements = {f"a{number}": rule for number, rule in enumerate(rules())}
    told = world(agreements)
    book.publish(told)
    apply(book.aurora.database, book.file(agreements), "ada", "signed")
    book.introduce(told.wallets)
    book.compute(FIRST)
    first = expect(told)
    assert _figures(book, FIRST) == _expected(first)
    told.starts |= {key: (base, computed, False) for key, (base, computed, *_) in first.results.items()}
    told.losses |= first.losses
    book.compute(SECOND)
    second = expect(told)
    assert _figures(book, SECOND) == _expected(second)
    assert _expected(first) != _expected(second)
    # Later tiers are reached by whatever can be read: a metric that is taken for 0 would be seen.
    metrics = book.rows("SELECT metric, min(metric_end) AS lowest FROM commission_rule_results GROUP BY 1")
    assert {row["metric"]: row["lowest"] > 0 for row in metrics if row["metric"]} == dict.fromkeys(
        ("PERIOD", "MONTH_TO_DATE", "YEAR_TO_DATE", "LIFETIME", "INTRODUCED_STAKE"), True
    )


BY_STAKE = next(
    rule
    for rule in rules()
    if (rule["method"], rule["component"], rule["basis"], rule["cap"]) == ("FIXED_SHARE", "COMMISSION", "GROSS", None)
    and rule["tiers"] is not None
    and rule["tiers"][1] == "INTRODUCED_STAKE"
)


def test_loaded__wallet_of_a_fixed_share_by_introduced_stake__is_named_in_the_lineage_and_makes_it_stale(
    book: Book,
) -> None:
    told = world({"only": BY_STAKE})
    book.publish(told)
    apply(book.aurora.database, book.file({"only": BY_STAKE}), "ada", "signed")
    for epoch in (FIRST, SECOND):
        book.compute(epoch)
    assert book.stale() == []
    low = _figures(book, FIRST)["only", "only"]
    book.introduce(told.wallets)
    assert book.stale() == [FIRST, SECOND]
    book.compute(FIRST)
    assert book.stale() == [SECOND]
    assert _figures(book, FIRST) == _expected(expect(told))
    assert _figures(book, FIRST)["only", "only"] > low
    (line, *_) = book.rows("SELECT line_id::text AS id FROM partner_commission_lines WHERE epoch = %s", FIRST)
    with book.aurora.database.connect() as connection:
        nodes = list(trace_line(connection, line["id"]).walk())
    stakes = [node.figure for node in nodes if "introduced on" in (node.formula or "")]
    assert sorted(stake for stake in stakes if stake) == sorted(["100 (0.000000100 SOL)", "101 (0.000000101 SOL)"] * 2)
    assert sum(node.title.startswith("partner_wallets:") for node in nodes) == 2


def test_simulate__fixed_share_by_introduced_stake__reads_the_wallets_too(book: Book) -> None:
    told = world({"only": BY_STAKE})
    flat = {**BY_STAKE, "tiers": None, "bps": 1}
    book.publish(told)
    apply(book.aurora.database, book.file({"only": flat}), "ada", "signed")
    book.introduce(told.wallets)
    book.compute(FIRST)
    with book.aurora.database.connect() as connection:
        proposal = read_proposal(connection, book.file({"only": BY_STAKE}))
        (found,) = simulate(connection, book.chain, proposal, [EpochNumber(FIRST)])
    assert found.would.due == _expected(expect(told))["only", "only"][1]


def test_trace__line_of_a_cap__names_no_rate(book: Book) -> None:
    capped = {**BY_STAKE, "tiers": None, "bps": 500, "cap": (7, "PERIOD")}
    book.publish(world({"only": capped}))
    apply(book.aurora.database, book.file({"only": capped}), "ada", "signed")
    book.compute(FIRST)
    rows = book.rows("SELECT kind, line_id::text AS id FROM partner_commission_lines")
    with book.aurora.database.connect() as connection:
        titles = {row["kind"]: trace_line(connection, row["id"]).title for row in rows}
    assert "(FIXED_SHARE, GROSS, 500 bps)" in titles["LINE"]
    assert "(FIXED_SHARE, GROSS)" in titles["CAP_REDUCTION"]
