"""Tables of decisions are compared with the log as of one moment, whoever records meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from aurora_pipeline.decisions import unlogged_rows
from aurora_pipeline.decisions.tables import USERS, UserRole
from aurora_pipeline.decisions.unlogged_rows import require_whole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.store.database import Database


@pytest.mark.parametrize("rows_of_a_long_table", [0, 500])
def test_require_whole__somebody_records_meanwhile__no_false_alarm(
    database: Database, rows_of_a_long_table: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlogged_rows, "_LONG", rows_of_a_long_table)
    since = datetime(2026, 1, 1, tzinfo=UTC)

    def record() -> None:
        for number in range(150):
            record_user(database, f"p{number}", "P", UserRole.OPS, None, since, None, "ada", "hired")

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(record)
        while not writing.done():
            require_whole(database, (USERS,))
    writing.result()
    require_whole(database, (USERS,))
