"""Which periods are stale after a decision, in a database: also where there were no lines, or there still are none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.agreements.overrides import record_override
from aurora_pipeline.agreements.partners import rename
from aurora_pipeline.agreements.status import change_status
from aurora_pipeline.agreements.tables import AgreementStatus
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.drafts import draft_lines
from aurora_pipeline.commissions.targets import rule_target
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation import units
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, Workspace
from aurora_pipeline.periods.record import Period, record_period
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.statements.drafts import draft_statements
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.published import NotPublished
from aurora_pipeline.work.computing import Begun, Computing, ComputingStep, Explained, PartnersRestated
from aurora_pipeline.work.errors import RunsFailed
from aurora_pipeline.work.json_form import Amount, plain
from aurora_pipeline.work.runs import Job, RunEnd, require_published
from aurora_pipeline.work.stale_lines import Stale, present_periods, stale_periods
from aurora_pipeline.work.what_is_next import DueRun, what_is_next
from aurora_pipeline_tests.commissions.conftest import CHAIN, NO_STAKE, pnl_frame
from aurora_pipeline_tests.decided import register_validator
from aurora_pipeline_tests.gated import write_check_publish

pytestmark = pytest.mark.slow

TIPS = Component.MEV_TIPS
START = datetime(2026, 1, 1, tzinfo=UTC)
EPOCHS = range(850, 854)


@dataclass(frozen=True)
class Book:
    """Four published periods of P&L, five days each, and what can be agreed and computed over them."""

    aurora: Aurora
    folder: Path

    @property
    def chain(self) -> Chain:
        return self.aurora.configuration.chain(CHAIN)

    def agree(self, *rules: str, agreement: str = "acme-2026", head: str = "active_from: 2026-01-01") -> None:
        """Apply an agreement with these rules; others stay."""
        items = "".join(
            f"      - {{chain: {CHAIN}, component: MEV_TIPS, method: FIXED_SHARE, {one}}}\n" for one in rules
        )
        text = f"    partner: acme\n    {head}\n    rules:\n{items}"
        path = self.folder / "agreements.yaml"
        path.write_text(f"agreements:\n  - agreement: {agreement}\n{text}")
        assert apply(self.aurora.database, path, "ada", "signed").changes

    def stale(self) -> list[Stale]:
        with self.aurora.database.connect() as connection:
            return stale_periods(present_periods(connection, self.chain))

    def settle(self) -> list[EpochNumber]:
        """Compute lines and statements of everything stale, in order; says of which epochs."""
        done = []
        while due := self.stale():
            key = due[0].key
            assert key.epoch not in done
            self.compute(key)
            done.append(key.epoch)
        return done

    def compute(self, key: PeriodKey) -> None:
        """Compute lines and statements of a period."""
        with self.aurora.database.connect() as connection:
            drafts = draft_lines(self.aurora.configuration, connection, key)
        write_check_publish(self.aurora.database, drafts)
        with self.aurora.database.connect() as connection:
            draft = draft_statements(self.aurora.configuration, connection, key)
        write_check_publish(self.aurora.database, [draft])

    def computing(self, steps: list[ComputingStep]) -> Computing:
        """A go at the chain, which notes every step."""
        return Computing(self.aurora, InThisProcess(self), self.chain, steps.append)

    def next(self) -> list[DueRun]:
        with self.aurora.database.connect() as connection:
            return what_is_next(connection, self.chain, datetime.now(UTC))

    def rows(self, query: str) -> Sequence[Mapping[str, Any]]:
        with self.aurora.database.connect() as connection:
            return connection.execute(query.encode()).fetchall()

    def lines(self) -> dict[tuple[int, str], int]:
        """By epoch and validator what is paid."""
        rows = self.rows("SELECT epoch, validator_key, final FROM partner_commission_lines ORDER BY 1, 2")
        return {(row["epoch"], row["validator_key"]): int(row["final"]) for row in rows}

    def statements(self) -> dict[int, tuple[int, str]]:
        """By epoch how many lines a partner has and what it is called."""
        rows = self.rows("SELECT epoch, line_count, partner_name FROM partner_commission_statements ORDER BY 1")
        return {row["epoch"]: (row["line_count"], row["partner_name"]) for row in rows}


@dataclass(frozen=True)
class InThisProcess:
    """Runs the job of lines without Dagster; what it can't compute fails with its own words."""

    book: Book

    def register_periods(self, chain_id: str) -> None:
        """Every period can be run."""

    def register_month(self, key: MonthKey) -> None:
        """Every month can be run."""

    def run(self, job: Job, key: PartitionKey, *, refetch: bool = False) -> RunEnd:
        assert isinstance(key, PeriodKey)
        try:
            assert (job, refetch) == (Job.COMMISSIONS, False)
            self.book.compute(key)
        except AuroraError as error:
            return RunEnd.of(key, "none", failures=[error.message])
        return RunEnd.of(key, "none")


@pytest.fixture
def book(database: Database, tmp_path: Path) -> Iterator[Book]:
    for name in ("chains.yaml", "providers.yaml"):
        shutil.copy(str(files("aurora_pipeline.demo") / name), tmp_path / name)
    variables = {**os.environ, DATABASE_VARIABLE: database.conninfo, DEMO_URL_VARIABLE: "http://127.0.0.1:9"}
    with Aurora(Workspace(tmp_path, False, variables)) as aurora:
        with aurora.database.connect() as connection:
            for validator in ("V1", "V2"):
                register_validator(connection, validator, CHAIN)
            for place, epoch in enumerate(EPOCHS):
                begins = START + timedelta(days=5 * place)
                key = PeriodKey(CHAIN, EpochNumber(epoch))
                record_period(connection, Period(key, 0, 9, 0, 9, begins, begins + timedelta(days=5)), [])
            path = tmp_path / "partners.yaml"
            path.write_text("partners: [{partner: acme, name: Acme}]\nagreements: []\n")
        apply(aurora.database, path, "ada", "known")
        known = {name: pl.lit(0).cast(pl.Decimal(38, 0)) for name in ("known_revenue", "known_costs", "known_net")}
        pnl = pnl_frame({"V1": {TIPS: 1000}, "V2": {TIPS: 100}}).with_columns(**known, state=pl.lit("final"))
        frames = zip((VALIDATOR_PNL, POSITIONS, REWARDS), (pnl, *NO_STAKE), strict=True)
        of_epoch = [(table, frame, epoch) for table, frame in frames for epoch in EPOCHS]
        for table, frame, epoch in of_epoch:
            source = (Input("fetch", f"{table.name}/{epoch}", "0" * 64),)
            moved = frame.with_columns(epoch=pl.lit(epoch, pl.Int64))
            write_check_publish(
                database, [Draft(table, PeriodKey(CHAIN, EpochNumber(epoch)), moved, source, Completeness.FINAL)]
            )
        yield Book(aurora, tmp_path)


def test_stale__without_any_agreement__computed_once_without_lines(book: Book) -> None:
    assert book.settle() == list(EPOCHS)
    assert book.lines() == {}
    assert book.stale() == []


def test_stale__first_agreement_where_no_lines_were__every_period_it_covers_gets_some(book: Book) -> None:
    book.settle()
    book.agree("rule: tips, validator: V1, rate_bps: 500", head="active_from: 2026-01-08")
    # The second period's last instant lies after the 8th.
    assert book.settle() == [851, 852, 853]
    assert book.lines() == {(epoch, "V1"): 50 for epoch in (851, 852, 853)}
    assert book.statements() == dict.fromkeys((851, 852, 853), (1, "Acme"))


def test_stale__new_version_for_a_validator_without_lines__from_its_day_on(book: Book) -> None:
    book.agree("rule: tips, validator: V1, rate_bps: 500")
    book.settle()
    book.agree(
        "rule: tips, validator: V1, rate_bps: 500",
        "rule: more, validator: V2, rate_bps: 1000",
        head="valid_from: 2026-01-12",
    )
    assert book.settle() == [852, 853]
    assert {key: paid for key, paid in book.lines().items() if key[1] == "V2"} == {(852, "V2"): 10, (853, "V2"): 10}


def test_stale__agreement_without_lines_changes__its_periods_are_computed_and_are_as_they_were(book: Book) -> None:
    book.agree('rule: tips, validator: "X*", rate_bps: 500')
    book.settle()
    assert book.statements() == dict.fromkeys(EPOCHS, (0, "Acme"))
    before = book.rows("SELECT asset, epoch, snapshot_id FROM in_force ORDER BY 1, 2")
    book.agree('rule: tips, validator: "X*", rate_bps: 600', head="valid_from: 2026-01-12")
    assert [one.key.epoch for one in book.stale()] == [852, 853]
    assert book.settle() == [852, 853]
    assert book.lines() == {}
    same = ("partner_commission_lines", "partner_commission_statements")
    after = book.rows("SELECT asset, epoch, snapshot_id FROM in_force ORDER BY 1, 2")
    assert [row for row in after if row["asset"] in same] == [row for row in before if row["asset"] in same]


def test_stale__ended_agreement__takes_lines_and_statements_away(book: Book) -> None:
    book.agree("rule: tips, rate_bps: 500")
    book.settle()
    change_status(
        book.aurora.database, "acme-2026", AgreementStatus.TERMINATED, START + timedelta(days=12), "ada", "over"
    )
    assert book.settle() == [852, 853]
    assert {epoch for epoch, _ in book.lines()} == {850, 851}
    assert book.statements() == dict.fromkeys((850, 851), (2, "Acme"))


def test_stale__process_that_ended_between_lines_and_statements__found_and_stated(book: Book) -> None:
    book.agree("rule: tips, validator: V1, rate_bps: 500")
    with book.aurora.database.connect() as connection:
        drafts = draft_lines(book.aurora.configuration, connection, PeriodKey(CHAIN, EpochNumber(EPOCHS[0])))
    write_check_publish(book.aurora.database, drafts)
    assert "its statements were not made from its lines" in book.stale()[0].why
    assert book.settle() == list(EPOCHS)
    assert book.stale() == []
    # New terms, and death again after the new lines: the statement in force is of the lines before.
    book.agree("rule: tips, validator: V1, rate_bps: 600", head="valid_from: 2026-01-18")
    (requested,) = book.next()
    with book.aurora.database.connect() as connection:
        drafts = draft_lines(book.aurora.configuration, connection, PeriodKey(CHAIN, EpochNumber(EPOCHS[-1])))
    write_check_publish(book.aurora.database, drafts)
    (again,) = book.next()
    assert (again.epoch, again.is_ready, again.job) == (853, True, Job.COMMISSIONS)
    assert again.request != requested.request
    assert book.settle() == [853]
    assert book.stale() == []


def test_stale__partner_without_lines_renamed__its_statements_say_the_new_name(book: Book) -> None:
    book.agree('rule: tips, validator: "X*", rate_bps: 500')
    book.settle()
    rename(book.aurora.database, "acme", "Acme Ltd", "ada", "merger")
    assert book.settle() == list(EPOCHS)
    assert book.statements() == dict.fromkeys(EPOCHS, (0, "Acme Ltd"))


def test_stale__partner_of_a_vanished_override_renamed__the_blocked_statement_says_the_new_name(book: Book) -> None:
    book.agree("rule: tips, rate_bps: 500")
    book.settle()
    with book.aurora.database.connect() as connection:
        found = rule_target(connection, f"acme-2026/tips@{CHAIN}:851")
        record_override(connection, found.target, units.Amount(7), found.computed, "ada", "settled")
    change_status(
        book.aurora.database, "acme-2026", AgreementStatus.SUSPENDED, START + timedelta(days=1), "ada", "a dispute"
    )
    book.settle()
    assert book.statements() == {851: (0, "Acme")}
    rename(book.aurora.database, "acme", "Acme Ltd", "ada", "merger")
    assert book.settle() == [851]
    assert book.statements() == {851: (0, "Acme Ltd")}


def test_present__of_one_period_or_of_all__asks_the_database_the_same(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.agree(
        "rule: tips, validator: V1, tiers: {mode: GRADUATED, metric: LIFETIME, steps: [{rate_bps: 500}]}",
        "rule: net, validator: V2, rate_bps: 1000, basis: NET, carry_losses: true",
    )
    book.settle()
    asked = []
    for since in (EPOCHS[-1], EPOCHS[0]):
        with book.aurora.database.connect() as connection:
            execute, queries = connection.execute, list[object]()

            def counting(*arguments: Any, execute: Any = execute, queries: list[object] = queries) -> Any:
                queries.append(arguments[0])
                return execute(*arguments)

            monkeypatch.setattr(connection, "execute", counting)
            found = present_periods(connection, book.chain, since)
        asked.append((len(found), len(queries)))
    assert [periods for periods, _ in asked] == [1, len(EPOCHS)]
    assert asked[0][1] == asked[1][1] > 0


def test_next__after_a_change__the_runs_it_takes_in_order_and_which_of_them_can_start(book: Book) -> None:
    book.agree("rule: tips, validator: V1, tiers: {mode: GRADUATED, metric: LIFETIME, steps: [{rate_bps: 500}]}")
    book.settle()
    assert book.next() == []
    book.agree(
        "rule: tips, validator: V1, tiers: {mode: GRADUATED, metric: LIFETIME, steps: [{rate_bps: 600}]}",
        head="valid_from: 2026-01-12",
    )
    due = book.next()
    assert [(one.job, one.epoch, one.is_ready) for one in due] == [
        (Job.COMMISSIONS, 852, True),
        (Job.COMMISSIONS, 853, False),
    ]
    assert due[1].after == (852,)
    assert [one.request for one in due] == [f"stale:{one.key}:{one.digest}" for one in book.stale()]
    assert [plain(one)["period"] for one in due] == [f"{CHAIN}:0000852", f"{CHAIN}:0000853"]


def test_computing__stale_lines__those_that_others_read_first_and_every_step_is_told(book: Book) -> None:
    book.agree("rule: tips, validator: V1, tiers: {mode: GRADUATED, metric: LIFETIME, steps: [{rate_bps: 500}]}")
    steps: list[ComputingStep] = []
    computed = book.computing(steps).stale()
    assert [end.epoch for end in computed.runs] == list(EPOCHS)
    assert [end.failures for end in computed.runs] == [()] * len(EPOCHS)
    assert book.next() == []
    told = [type(step).__name__ for step in steps]
    assert told == [*["Explained", "Begun", "Ended"] * len(EPOCHS), "PartnersRestated"]
    assert [(step.number, step.count) for step in steps if isinstance(step, Begun)] == [(1, 1)] * len(EPOCHS)


def test_computing__what_a_partner_is_owed_changes__is_in_the_answer_and_told(book: Book) -> None:
    book.agree("rule: tips, validator: V1, rate_bps: 500")
    book.settle()
    book.agree("rule: tips, validator: V1, rate_bps: 600", head="valid_from: 2026-01-18")
    steps: list[ComputingStep] = []
    (changed,) = book.computing(steps).stale().restated_partners
    unit = book.chain.base_unit
    assert (changed.epoch, changed.partner_name) == (853, "Acme")
    assert (changed.was, changed.now) == (Amount("50", unit), Amount("60", unit))
    assert steps[-1] == PartnersRestated((changed,))


def test_computing__a_run_that_fails__does_not_stop_the_others_and_is_left_with_its_reason(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.agree("rule: tips, validator: V1, rate_bps: 500")
    compute = Book.compute

    def failing(self: Book, key: PeriodKey) -> None:
        if key.epoch == 851:
            raise NotPublished("no input")
        compute(self, key)

    monkeypatch.setattr(Book, "compute", failing)
    steps: list[ComputingStep] = []
    computed = book.computing(steps).stale()
    assert [(end.epoch, end.failures) for end in computed.runs] == [
        (epoch, ("no input",) if epoch == 851 else ()) for epoch in EPOCHS
    ]
    left = [(step.key.epoch, step.is_left) for step in steps if isinstance(step, Explained)]
    assert left[-1] == (851, True)
    with pytest.raises(RunsFailed, match="851  no input"):
        require_published(computed.runs)
