"""How far the last month of a chain is on its way to being paid: whether it is over, and where its statements stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.period_key import MonthKey, PeriodKey
from aurora_pipeline.statements.documents import PayableStatement, payable_statements
from aurora_pipeline.statements.due import ChainAccounts, load_chain_accounts
from aurora_pipeline.statements.payable_drafts import why_open
from aurora_pipeline.statements.staleness import why_stale
from aurora_pipeline.store.database import Connection, Database

_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class StageCount:
    """So many statements stand there in their life."""

    stage: str
    count: int


@dataclass(frozen=True)
class MonthEnd:
    """The last calendar month of a chain; `waits_for` is None where its statements can be computed or stand."""

    month: str
    waits_for: str | None
    to_compute: str | None
    """Why its statements are to be computed; None: they stand on what counts now, or it waits for something."""
    statements: Sequence[StageCount]
    """How many statements of it stand where in their life."""

    @property
    def is_ready(self) -> bool:
        """Whether statements can be submitted."""
        return self.waits_for is None


def last_month(database: Database, chain: Chain, now: datetime | None) -> MonthEnd | None:
    """The month before this one, or without `now` before that of the newest period.

    None where nothing is known of a chain in or before it, or where whoever looks may not read terms.
    """
    try:
        with database.connect() as connection:
            accounts = load_chain_accounts(connection, chain)
            month = _last(accounts, now)
            return None if month is None else _month_end(connection, accounts, month)
    except psycopg.errors.InsufficientPrivilege:
        return None


def _last(accounts: ChainAccounts, now: datetime | None) -> MonthKey | None:
    periods, chain_id = accounts.timeline.periods, accounts.timeline.chain_id
    if not periods:
        return None
    newest = max(period.last_instant for period in periods.values()) if now is None else now
    month = MonthKey.of(chain_id, MonthKey.of(chain_id, newest).started_at - _MOMENT)
    return month if min(accounts.timeline.months.values()) <= month.month else None


def _month_end(connection: Connection, accounts: ChainAccounts, month: MonthKey) -> MonthEnd:
    every = payable_statements(connection, month.chain_id)
    stages = Counter(one.stage.value for one in every if _month_of(accounts, one) == month.month)
    waits_for = why_open(accounts, month)
    to_compute = why_stale(connection, accounts, month) if waits_for is None else None
    return MonthEnd(month.month, waits_for, to_compute, [StageCount(*one) for one in sorted(stages.items())])


def _month_of(accounts: ChainAccounts, one: PayableStatement) -> str | None:
    if isinstance(one.key, PeriodKey):
        return accounts.timeline.months.get(one.key.epoch)
    return one.key.period
