"""Fee recipients: dated per validator or for all, imported as a whole, and asked for at a slot's instant."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurora_pipeline.config import Configuration
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.registry.fee_recipients import (
    export_recipients,
    import_fee_recipients,
    recipients_of,
    registered_recipients,
)
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.registry.test_keys_by_family import ADDRESS, ETHEREUM, PUBLIC_KEY, configuration

__all__ = ["configuration"]

HEAD = "chain_id,validator_key,fee_recipient,valid_from,valid_until\n"
KEY, OTHER_KEY = PUBLIC_KEY.lower(), "0x" + "cd" * 48
FIRST, SECOND, ALL = ("0x" + digit * 40 for digit in "123")


def given(folder: Path, *lines: str) -> Path:
    path = folder / "given.csv"
    path.write_text(HEAD + "".join(f"{ETHEREUM},{line}\n" for line in lines))
    return path


def test_recipients__dated_rows__hold_at_their_instants_and_are_ours_ever_after(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    lines = (f"{KEY},{FIRST},2026-01-01,2026-02-01", f"{KEY},{SECOND},2026-02-01,", f"*,{ALL},2026-01-01,")
    report = import_fee_recipients(database, configuration, given(tmp_path, *lines), "ada", "ours")
    assert len(report.changed) == 2
    with database.connect() as connection:
        found = recipients_of(connection, ETHEREUM)
    january, february = datetime(2026, 1, 31, 23, 59, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    assert found.own(KEY, january) == {FIRST}
    assert found.own(KEY, february) == {SECOND}
    assert found.own(OTHER_KEY, february) == {ALL}
    assert found.own(KEY, datetime(2025, 12, 31, tzinfo=UTC)) == frozenset()
    assert found.ever([KEY]) == {FIRST, SECOND, ALL}
    assert found.ever([OTHER_KEY]) == {ALL}
    assert len(found.inputs) == 3


def test_import__what_was_exported__changes_nothing(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    path = given(tmp_path, f"{KEY},{ADDRESS},2026-01-01,", f"*,{ALL},2026-01-01,")
    import_fee_recipients(database, configuration, path, "ada", "ours")
    with database.connect() as connection:
        path.write_text(export_recipients(registered_recipients(connection)))
    assert ADDRESS in path.read_text()
    report = import_fee_recipients(database, configuration, path, "ada", "again")
    assert (report.changed, report.unchanged) == ((), 2)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{KEY},{KEY},2026-01-01,", "is no Ethereum address"),
        (f"{ADDRESS},{ADDRESS},2026-01-01,", "is no public key"),
        (f"{KEY},{ADDRESS.swapcase().replace('0X', '0x')},2026-01-01,", "wrong checksum"),
        (f"{KEY},{FIRST},2026-01-01,\n{ETHEREUM},{KEY},{SECOND},2026-02-01,", "overlaps another one"),
        (f"{KEY},{FIRST},2026-02-01,2026-01-01", "later than valid_from"),
    ],
)
def test_import__mistake__named_and_nothing_written(
    database: Database, configuration: Configuration, tmp_path: Path, line: str, words: str
) -> None:
    with pytest.raises(AuroraError, match=words):
        import_fee_recipients(database, configuration, given(tmp_path, line), "ada", "ours")
    with database.connect() as connection:
        assert registered_recipients(connection) == []
