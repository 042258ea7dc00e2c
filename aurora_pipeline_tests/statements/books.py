"""The books of one chain for tests: hand-made lines of some partners, and every real step from there to a payment.

Lines are published as the layer would; EPOCH statements, monthly and payable ones are drafted and published by the
code itself, and every step is the code's own, on a real database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from aurora_pipeline.agreements.in_force import TermsHistory, terms_in_force
from aurora_pipeline.agreements.partners import read_partners, record_series
from aurora_pipeline.agreements.tables import (
    AGREEMENT_EVENTS,
    AGREEMENT_RULES,
    AGREEMENT_VERSIONS,
    AGREEMENTS,
    PARTNER_MINIMUMS,
    PARTNERS,
    Series,
)
from aurora_pipeline.commissions.identity import line_id, monthly_statement_id, statement_id
from aurora_pipeline.commissions.tables import COMMISSION_RULE_RESULTS, PARTNER_COMMISSION_LINES
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.loading import load_configuration
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.decisions.tables import USERS
from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.chains import sync_registry
from aurora_pipeline.periods.record import Period, load_period, record_period
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.statements.documents import PayableStatement, payable_statements
from aurora_pipeline.statements.drafts import draft_statements
from aurora_pipeline.statements.payable_drafts import draft_epoch_payables, draft_month
from aurora_pipeline.statements.staleness import first_stale
from aurora_pipeline.statements.transitions.approve import approve, reject
from aurora_pipeline.statements.transitions.pay import Payment, pay
from aurora_pipeline.statements.transitions.release import release
from aurora_pipeline.statements.transitions.submit import submit
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.gated import write_check_publish

CHAIN = "solana-demo"
FIRST = 850
PER_MONTH = 2
"""Periods of a month: the months' lengths do not matter here."""
MONTHS = ("2026-08", "2026-09", "2026-10", "2026-11", "2026-12", "2027-01")
ADDRESS = "Vote111111111111111111111111111111111111111"
"""Where acme is paid to."""
PEOPLE = ("sam", "ann", "rob")
"""Who submits, approves and releases."""
HELD = "held"
Amount = int | str | None
"""An amount, `held`, or None: not known yet."""


@dataclass
class Books:
    """One chain's partners, lines and statements."""

    database: Database
    partners: Sequence[str] = ("acme", "brook")
    lines: dict[int, dict[tuple[str, str], Amount]] = field(default_factory=dict)
    """By epoch, by partner and validator."""
    per_month: int = PER_MONTH
    floor: int | None = None
    """A floor per MONTH of every partner's rule."""
    computes: bool = False
    """Whether the lines are what the engine makes of P&L; else they are hand-made."""
    _written: int = 0
    _published: dict[EpochNumber, tuple[Input, ...]] = field(default_factory=dict)
    """By epoch, the terms that its lines rest on."""
    _said: dict[int, tuple[Mapping[tuple[str, str], int] | None, int]] = field(default_factory=dict)

    def begin(self) -> Books:
        """Register the chain, people, partners and their agreements."""
        with self.database.connect() as connection:
            sync_registry(connection, self.configuration)
            for person in (*PEOPLE, "ada"):  # ada records what a test begins with
                self._user(connection, person)
            for partner in self.partners:
                decide(connection, PARTNERS, {"partner_id": partner, "revision": 1, "name": partner.title()})
                decide(connection, AGREEMENTS, {"agreement_id": f"{partner}-1", "partner_id": partner})
                self._version(connection, partner)
                event = {"agreement_id": f"{partner}-1", "event_number": 1, "status": "ACTIVE"}
                decide(connection, AGREEMENT_EVENTS, {**event, "effective_from": datetime(2020, 1, 1, tzinfo=UTC)})
        return self

    @property
    def configuration(self) -> Configuration:
        """The demo's."""
        return demo_configuration()

    def _user(self, connection: Any, person: str) -> None:
        user = {"login": person, "revision": 1, "name": person, "role": "FINANCE", "partner_id": None}
        decide(connection, USERS, {**user, "valid_from": datetime(2020, 1, 1, tzinfo=UTC), "valid_until": None})

    def _version(self, connection: Any, partner: str, number: int = 1, corrects: int | None = None) -> None:
        key = {"agreement_id": f"{partner}-1", "version": number}
        span = {"valid_from": datetime(2020, 1, 1, tzinfo=UTC), "valid_until": None, "corrects": corrects}
        decide(connection, AGREEMENT_VERSIONS, {**key, **span})
        decide(connection, AGREEMENT_RULES, {**key, **self.rule(partner)})

    def rule(self, partner: str) -> dict[str, Any]:
        """A partner's only rule."""
        rule: dict[str, Any] = {"rule_key": "r", "rule_order": 1, "chain_id": CHAIN, "validator_key": None}
        rule |= {"revenue_component": "MEV_TIPS", "attribution_method": "FIXED_SHARE", "commission_rate_bps": 500}
        rule |= {"basis": "GROSS", "stacks": False, "carry_losses": False, "funded_by": "MEV_TIPS"}
        rule |= {"wallet_attribution": False, "tier_mode": None, "tier_metric": None, "cap": None, "cap_window": None}
        return rule | {"floor": self.floor, "floor_window": None if self.floor is None else "MONTH"}

    def correct(self, partner: str, number: int) -> None:
        """Record a correcting version; the lines do not follow by themselves here."""
        with self.database.connect() as connection:
            self._version(connection, partner, number, number - 1)

    def pay_by(self, partner: str, series: Series, month: str) -> None:
        """Pay a partner by another series from a month on."""
        with self.database.connect() as connection:
            recording = Recording.begin(connection, "ann", "agreed")
            start = MonthKey(CHAIN, month).started_at
            record_series(recording, partner, CHAIN, series, start, read_partners(connection)[partner])

    def minimum(self, partner: str, amount: int) -> None:
        """Pay a partner nothing below an amount."""
        row = {"partner_id": partner, "chain_id": CHAIN, "change_number": 1, "minimum_payout": amount}
        with self.database.connect() as connection:
            decide(connection, PARTNER_MINIMUMS, {**row, "effective_from": datetime(2020, 1, 1, tzinfo=UTC)})

    def epochs(self, month: str) -> range:
        """The epochs of a month."""
        start = FIRST + MONTHS.index(month) * self.per_month
        return range(start, start + self.per_month)

    def month_of(self, epoch: int) -> str:
        return MONTHS[(epoch - FIRST) // self.per_month]

    def live(self, *months: str) -> None:
        """Let months pass, and the first period of the next one, so that the last of them is over."""
        last = MONTHS.index(months[-1]) + 1
        for epoch in range(FIRST, FIRST + last * self.per_month + 1):
            self._record(epoch)
            self.lines.setdefault(epoch, {})
            if epoch not in self._published:
                self.publish(epoch)

    def _record(self, epoch: int) -> None:
        month = MonthKey(CHAIN, self.month_of(epoch))
        length = timedelta(days=20) / self.per_month
        start = month.started_at + (epoch - FIRST) % self.per_month * length
        slots = (epoch * 10, epoch * 10 + 9)
        period = Period(PeriodKey(CHAIN, EpochNumber(epoch)), *slots, *slots, start, start + length)
        with self.database.connect() as connection:
            record_period(connection, period, [])

    def set(self, epoch: int, partner: str, validator: str, amount: Amount) -> None:
        """Say what a line comes to from now on; it counts when the epoch is published again."""
        self.lines.setdefault(epoch, {})[partner, validator] = amount

    def remove(self, epoch: int, partner: str, validator: str) -> None:
        self.lines[epoch].pop((partner, validator), None)

    def publish(self, epoch: int, override: Mapping[tuple[str, str], int] | None = None, version: int = 1) -> None:
        """Publish the lines of an epoch as they are now, and what EPOCH statements make of them."""
        key = PeriodKey(CHAIN, EpochNumber(epoch))
        rows = [
            _line(epoch, *of, amount, (override or {}).get(of), version) for of, amount in self.lines[epoch].items()
        ]
        self._written += 1
        with self.database.connect() as connection:
            terms = terms_in_force(connection, CHAIN, load_period(connection, key).last_instant, epoch=key.epoch)
        told = (Input("fetch", f"lines/{epoch}", f"{self._written:064x}"), *terms.inputs)
        self._published[key.epoch], self._said[epoch] = terms.inputs, (override, version)
        state = Completeness.FINAL
        results = [
            _result(epoch, partner, [amount for (who, _), amount in self.lines[epoch].items() if who == partner])
            for partner in self.partners
        ]
        write_check_publish(
            self.database,
            [
                Draft(PARTNER_COMMISSION_LINES, key, frame_of(PARTNER_COMMISSION_LINES, rows), told, state),
                Draft(COMMISSION_RULE_RESULTS, key, frame_of(COMMISSION_RULE_RESULTS, results), told, state),
            ],
        )
        with self.database.connect() as connection:
            draft = draft_statements(self.configuration, connection, key)
        write_check_publish(self.database, [draft])

    def follow(self) -> None:
        """Publish again what rests on other terms than those of now, the lines as they were, and what is stale then."""
        with self.database.connect() as connection:
            history = TermsHistory(connection, CHAIN)
            instants = {e: load_period(connection, PeriodKey(CHAIN, e)).last_instant for e in self._published}
        stale = [epoch for epoch, read in self._published.items() if history.at(instants[epoch], epoch).inputs != read]
        for epoch in stale:
            self.publish(epoch, *self._said[epoch])
        if stale:
            self.settle()

    def tell(self, epoch: int) -> None:
        """Let what lines are computed from change; lines that are hand-made follow at once."""
        self.publish(epoch)

    def recompute(self) -> None:
        """Compute lines that are stale; of lines that are hand-made there are none."""

    def compute(self, key: PartitionKey) -> None:
        """Draft and publish the statements of a month or an epoch."""
        make = draft_month if isinstance(key, MonthKey) else draft_epoch_payables
        with self.database.connect() as connection:
            drafts = make(self.configuration, connection, key)
        write_check_publish(self.database, drafts)

    def settle(self) -> list[PartitionKey]:
        """Compute whatever statements are stale, as the sensor does; says which."""
        done: list[PartitionKey] = []
        while True:
            with self.database.connect() as connection:
                stale = first_stale(self.configuration, connection, CHAIN)
            if stale is None:
                return done
            assert stale.key not in done[-1:], f"{stale.key} stays stale: {stale.why}"
            self.compute(stale.key)
            done.append(stale.key)

    def all_statements(self) -> dict[str, dict[str, PayableStatement]]:
        """By partner, its statements with balances by month or epoch."""
        with self.database.connect() as connection:
            every = payable_statements(connection, CHAIN)
        found: dict[str, dict[str, PayableStatement]] = {partner: {} for partner in self.partners}
        for one in every:
            found[one.row["partner_id"]][one.key.period] = one
        return found

    def statements(self, partner: str) -> dict[str, PayableStatement]:
        """A partner's statements with balances by month or epoch."""
        return self.all_statements()[partner]

    def statement(self, partner: str, period: str) -> PayableStatement:
        return self.statements(partner)[period]

    def submit(self, partner: str, period: str, accepted: Sequence[str] = (), who: str = "sam") -> None:
        submit(self.database, statement_of(partner, period), [CHAIN], accepted, who, "month end")

    def approve(self, partner: str, period: str, who: str = "ann") -> None:
        approve(self.database, statement_of(partner, period), [CHAIN], who, "checked")

    def reject(self, partner: str, period: str, who: str = "ann") -> None:
        reject(self.database, statement_of(partner, period), [CHAIN], who, "not yet")

    def release(self, partner: str, period: str, who: str = "rob") -> None:
        release(self.database, statement_of(partner, period), [CHAIN], who, "go")

    def pay(
        self,
        partner: str,
        period: str,
        amount: int,
        who: str = "rob",
        *,
        is_part: bool = False,
        with_disputed: bool = False,
    ) -> None:
        number = len(self.rows("SELECT FROM statement_payments"))
        payment = Payment(f"{amount} lamports", account_of(partner), "INV-1", f"tx-{number}", is_part, with_disputed)
        pay(self.database, statement_of(partner, period), [CHAIN], payment, who, "paid")

    def freeze(self, partner: str, period: str, accepted: Sequence[str] = ()) -> None:
        """Submit, approve and release."""
        self.submit(partner, period, accepted)
        self.approve(partner, period)
        self.release(partner, period)

    def entries(self, partner: str, period: str) -> list[tuple[str, int, str | None]]:
        """Source period, amount and cause of a statement's entries."""
        one = self.statement(partner, period)
        table = "monthly_statement_entries" if "-" in period else "epoch_payable_entries"
        rows = self.rows(
            f"""SELECT source_period, amount, cause FROM layers.{table}
                WHERE snapshot_id = %s AND statement_id = %s ORDER BY source_period, validator_key""",
            one.entries_snapshot_id,
            one.statement_id,
        )
        return [(row["source_period"], int(row["amount"]), row["cause"]) for row in rows]

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        with self.database.connect() as connection:
            return connection.execute(query.encode(), parameters).fetchall()


def account_of(partner: str) -> str:
    """Where a partner is paid to: every one has an account of its own."""
    return ADDRESS if partner == "acme" else base58_encode(sha256(partner.encode()).digest())


@cache
def demo_configuration() -> Configuration:
    """What the demo is configured with."""
    demo = Path(str(files("aurora_pipeline.demo")))
    return load_configuration(demo / "chains.yaml", demo / "providers.yaml", {"AURORA_DEMO_URL": "http://x"}, KINDS)


def statement_of(partner: str, period: str) -> str:
    """The id of a partner's statement of a month or an epoch."""
    if "-" in period:
        return monthly_statement_id(partner, CHAIN, period)
    return statement_id(partner, CHAIN, EpochNumber(int(period)))


def line_of(partner: str, validator: str, epoch: int) -> str:
    """The id of a line."""
    return line_id(f"{partner}-1", "r", validator, "", CHAIN, EpochNumber(epoch), "LINE")


def _line(
    epoch: int, partner: str, validator: str, amount: Amount, override: int | None, version: int
) -> dict[str, Any]:
    computed = 7 if amount == HELD else amount
    final = computed if override is None else override
    return {
        "chain_id": CHAIN,
        "epoch": epoch,
        "line_id": line_of(partner, validator, epoch),
        "partner_id": partner,
        "agreement_id": f"{partner}-1",
        "agreement_version": version,
        "rule_key": "r",
        "rule_order": 1,
        "kind": "LINE",
        "validator_key": validator,
        "wallet_address": "",
        "component": "MEV_TIPS",
        "funded_by": "MEV_TIPS",
        "attribution_method": "FIXED_SHARE",
        "basis": "GROSS",
        "rate_bps": 500,
        "revenue": computed,
        "base": None if computed is None else abs(int(computed)),
        "computed": computed,
        "override": override,
        "final": final,
        "held": amount == HELD,
        "state": "pending" if amount is None else "final",
        "reason": None if isinstance(amount, int) else "waits",
    }


def _result(epoch: int, partner: str, amounts: Sequence[Amount]) -> dict[str, Any]:
    known = sum(one if isinstance(one, int) else 7 if one == HELD else 0 for one in amounts)
    return {
        "chain_id": CHAIN,
        "epoch": epoch,
        "partner_id": partner,
        "agreement_id": f"{partner}-1",
        "agreement_version": 1,
        "rule_key": "r",
        "validator_count": len(amounts),
        "missing_count": sum(one is None for one in amounts),
        "base": max(known, 0),
        "computed": max(known, 0),
        "cap_reduction": 0,
        "floor_top_up": 0,
        "final": known,
        "state": "final",
    }
