"""Whose statement of a month or an epoch is due, and where each partner's balances stood before it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aurora_pipeline.agreements.partners import KnownPartner, read_partners
from aurora_pipeline.agreements.tables import PARTNER_MINIMUMS, PARTNER_SERIES, PARTNERS, Series
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.period_key import MonthKey, PeriodKey
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.periods.record import recorded_periods
from aurora_pipeline.statements.payable import Before, Due, Place, Row
from aurora_pipeline.statements.published import statements_in_force
from aurora_pipeline.statements.restated import ChainTimeline
from aurora_pipeline.statements.stated import Account, load_accounts
from aurora_pipeline.statements.tables import EPOCH_PAYABLES, MONTHLY_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.published import snapshot_input


@dataclass(frozen=True)
class Drafted:
    """A statement that is published and not stated: a draft of before, which hands on its closing balance."""

    partner_id: str
    month: str
    epoch: EpochNumber | None
    number: int
    closing: Amount
    as_input: Input

    @property
    def order(self) -> tuple[str, int]:
        """Its place in time."""
        return place_in_time(self.month, self.epoch)


_AFTER_EVERY_EPOCH: Final = 10**9


def place_in_time(month: str, epoch: EpochNumber | None) -> tuple[str, int]:
    """Where a month, or an epoch that ended in it, stands in time: a month comes after all of its epochs."""
    return month, _AFTER_EVERY_EPOCH if epoch is None else epoch


@dataclass(frozen=True)
class ChainAccounts:
    """All that decides whose statements of a chain are due where, read once."""

    timeline: ChainTimeline
    first_period: EpochNumber
    step: int
    """By how much the number of a period is above that of the one before."""
    partners: Mapping[str, KnownPartner]
    accounts: Mapping[str, Account]
    drafts: Sequence[Drafted]
    published: Mapping[str, frozenset[str]]
    """By layer of payable statements, the periods or months it is published for."""
    _decisions: Mapping[str, Sequence[Input]] = field(default_factory=dict)

    def account(self, partner_id: str) -> Account:
        """Where a partner's statements stand; of one of whom nothing is stated, at the beginning."""
        return self.accounts.get(partner_id, Account(partner_id))

    def _month(self, month: str) -> MonthKey:
        return MonthKey(self.timeline.chain_id, month)

    def series(self, partner_id: str, month: str) -> Series:
        """By which series a partner is paid in a month."""
        return self.partners[partner_id].series_at(self.timeline.chain_id, self._month(month).started_at)

    def is_paid_by(self, draft: Drafted) -> bool:
        """Whether a draft is still of the series by which its partner is paid; else it is to be computed again."""
        return (self.series(draft.partner_id, draft.month) is Series.EPOCH) == (draft.epoch is not None)

    def minimum_payout(self, partner_id: str, month: str) -> Amount:
        """The least that is paid to a partner in a month."""
        return self.partners[partner_id].minimum_at(self.timeline.chain_id, self._month(month).started_at)

    def inputs(self, partner_id: str) -> tuple[Input, ...]:
        """The decisions that a statement of a partner rests on, beside its lines."""
        return (*self._decisions.get(partner_id, ()), *self.account(partner_id).inputs)

    def draft_before(self, partner_id: str, month: str, epoch: EpochNumber | None) -> Drafted | None:
        """The newest draft of a partner before a place."""
        here = place_in_time(month, epoch)
        account = self.account(partner_id)
        earlier = [
            one
            for one in self.drafts
            if one.partner_id == partner_id
            and one.order < here
            and self.is_paid_by(one)
            and not account.is_closed(one.month, one.epoch)
        ]
        return max(earlier, key=lambda one: one.order, default=None)

    def waits_for(self, partner_id: str, month: str, epoch: EpochNumber | None) -> str | None:
        """The first earlier place whose payable statements are not computed yet, in words; None: there is none."""
        account = self.account(partner_id)
        here = place_in_time(month, epoch)
        for before, its_month in sorted(self.timeline.months.items()):
            by_month = self.series(partner_id, its_month) is Series.MONTH
            place = place_in_time(its_month, None if by_month else before)
            if before < self.first_period or place >= here:
                continue
            if account.is_closed(its_month, None if by_month else before):
                continue
            key = MonthKey(self.timeline.chain_id, its_month) if by_month else PeriodKey(self.timeline.chain_id, before)
            if key.period not in self.published[(MONTHLY_STATEMENTS if by_month else EPOCH_PAYABLES).name]:
                return f"the opening balance is not known: the statements of {key} are not computed yet"
        return None


def load_chain_accounts(connection: Connection, configured: Chain) -> ChainAccounts:
    """Periods, partners, what was stated and what is drafted on a chain, as it stands now."""
    chain_id = configured.chain_id
    timeline = load_timeline(connection, chain_id)
    decisions: dict[str, list[Input]] = {}
    for row in connection.execute(
        "SELECT DISTINCT ON (partner_id) * FROM partners ORDER BY partner_id, revision DESC"
    ).fetchall():
        decisions.setdefault(row["partner_id"], []).append(decision_input(PARTNERS, row))
    for row in _dated(connection, PARTNER_SERIES, chain_id):
        decisions.setdefault(row["partner_id"], []).append(decision_input(PARTNER_SERIES, row))
    for row in _dated(connection, PARTNER_MINIMUMS, chain_id):
        decisions.setdefault(row["partner_id"], []).append(decision_input(PARTNER_MINIMUMS, row))
    published = {
        table.name: frozenset(
            row["period"]
            for row in connection.execute(
                "SELECT period FROM in_force WHERE asset = %s AND chain_id = %s", [table.name, chain_id]
            )
        )
        for table in (MONTHLY_STATEMENTS, EPOCH_PAYABLES)
    }
    return ChainAccounts(
        timeline,
        configured.first_period,
        configured.period_step,
        read_partners(connection),
        load_accounts(connection, chain_id),
        _drafts(connection, timeline),
        published,
        decisions,
    )


def load_timeline(connection: Connection, chain_id: str) -> ChainTimeline:
    """A chain's recorded periods with their months, and the EPOCH statements in force."""
    periods = {period.key.epoch: period for period in recorded_periods(connection, chain_id)}
    months = {epoch: MonthKey.of(chain_id, period.last_instant).month for epoch, period in periods.items()}
    return ChainTimeline(chain_id, periods, months, statements_in_force(connection, chain_id, list(periods)))


def _dated(connection: Connection, table: Table, chain_id: str) -> list[dict[str, Any]]:
    query = f"SELECT * FROM {table.name} WHERE chain_id = %s ORDER BY partner_id, effective_from, change_number"
    return connection.execute(query.encode(), [chain_id]).fetchall()


def _drafts(connection: Connection, timeline: ChainTimeline) -> list[Drafted]:
    found = []
    for table, unit in ((MONTHLY_STATEMENTS, "month"), (EPOCH_PAYABLES, "epoch")):
        rows = connection.execute(
            f"""SELECT partner_id, {unit} AS place, number, closing, lineage_digest FROM {table.name}
                WHERE chain_id = %s AND number IS NOT NULL""".encode(),
            [timeline.chain_id],
        )
        for row in rows:
            epoch = None if unit == "month" else EpochNumber(int(row["place"]))
            key = MonthKey(timeline.chain_id, row["place"]) if epoch is None else PeriodKey(timeline.chain_id, epoch)
            read = snapshot_input(table, key, row["lineage_digest"])
            month = key.period if epoch is None else timeline.months[epoch]
            found.append(Drafted(row["partner_id"], month, epoch, row["number"], stored_amount(row["closing"]), read))
    return found


@dataclass(frozen=True)
class Dues:
    """The statements of a place: those to be computed, those that were stated, and what was read to tell."""

    due: tuple[Due, ...]
    stated: tuple[str, ...]
    """Partners whose statement of the place was stated."""
    earliest: tuple[str, ...]
    """Those of `due` that are the partner's earliest draft: what changed of earlier ones is adjusted there."""
    inputs: tuple[Input, ...]


def dues(chain: ChainAccounts, place: Place, parts: Mapping[str, Sequence[Row]], series: Series) -> Dues:
    """Whose statements of a place are due. `parts` are the EPOCH statements of its periods by partner."""
    epoch = place.key.epoch if isinstance(place.key, PeriodKey) else None
    due: list[Due] = []
    stated: list[str] = []
    earliest: list[str] = []
    inputs: list[Input] = []
    # Drafts of this place and of later ones are no inputs: where they were somebody's, the next computation differs.
    drafted = {one.partner_id for one in chain.drafts if one.order < place_in_time(place.month, epoch)}
    for partner_id in sorted({*parts, *chain.accounts, *drafted}):
        account, paid_by = chain.account(partner_id), chain.series(partner_id, place.month)
        name = chain.partners[partner_id].name
        if any(one.statement_id == place.statement_id(partner_id) for one in account.stated):
            stated.append(partner_id)
            inputs += chain.inputs(partner_id)
            continue
        if paid_by is not series or account.was_paid_elsewhere(place.month):
            if partner_id in parts and series is Series.MONTH:
                due.append(Due(partner_id, name, paid_by))
                inputs += chain.inputs(partner_id)
            continue
        if account.is_closed(place.month, epoch):
            continue
        inputs += chain.inputs(partner_id)
        waits_for = chain.waits_for(partner_id, place.month, epoch)
        draft = None if waits_for else chain.draft_before(partner_id, place.month, epoch)
        if waits_for:
            due.append(Due(partner_id, name, paid_by, waits_for=waits_for))
            continue
        if draft is None:
            earliest.append(partner_id)
            before = Before(account.last_number, account.closing)
        else:
            inputs.append(draft.as_input)
            before = Before(draft.number, draft.closing)
        due.append(Due(partner_id, name, paid_by, before, chain.minimum_payout(partner_id, place.month)))
    return Dues(tuple(due), tuple(stated), tuple(earliest), tuple(dict.fromkeys(inputs)))


def worth_stating(found: Sequence[Due], parts: Collection[str], with_entries: Collection[str]) -> list[Due]:
    """Those with lines or an agreement, an opening balance, or something to adjust: nobody gets an empty statement."""
    return [
        one
        for one in found
        if one.partner_id in parts
        or one.partner_id in with_entries
        or (one.before is not None and one.before.closing != 0)
    ]
