"""A fetch that was repeated with the same outcome: what is changed in one of the two is found, or does no harm."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from aurora_pipeline.layers import LAYERS
from aurora_pipeline.proof.verifying.verify import heads
from aurora_pipeline.store.payloads.tables import FETCHES
from aurora_pipeline_tests.proof.conftest import KEY, Proven
from aurora_pipeline_tests.proof.verifying.tampering import listed, tamperings
from aurora_pipeline_tests.proof.verifying.test_tamper_matrix import is_found

_NAMES = [name for name in FETCHES.names if name != "fetch_id"]


def repeat(proven: Proven, data_type: str, **changed: str) -> None:
    """Fetch a data type's first subject again, with the same outcome; some columns are then changed."""
    values = ", ".join("%s" if name in changed else name for name in _NAMES)
    given = [changed[name] for name in _NAMES if name in changed]
    proven.run(
        f"""INSERT INTO staging_fetches ({", ".join(_NAMES)}) SELECT {values} FROM staging_fetches
            WHERE fetch_id = (SELECT min(fetch_id) FROM staging_fetches WHERE data_type = %s)""",
        *given,
        data_type,
    )


def _harmless() -> set[str]:
    """What docs/digests.md says of such a fetch."""
    text = (Path(__file__).parents[3] / "docs" / "digests.md").read_text(encoding="utf-8")
    (whats,) = re.findall(r"^\| `staging_fetches`, one of two that say the same \| (.+?) \|", text, re.MULTILINE)
    return set(str(whats).split(", "))


@pytest.mark.slow
def test_repeated_fetch__any_column_of_one_of_the_two__is_found_or_listed(proven: Proven) -> None:
    unseen = set()
    repeat(proven, "fees")
    assert not is_found(proven, heads(proven.connection))
    for what, statement in [*tamperings(FETCHES), *((what, _of_the_last(one)) for what, one in tamperings(FETCHES))]:
        with proven.connection.transaction(force_rollback=True):
            proven.connection.execute("SET LOCAL session_replication_role = replica")
            try:
                assert proven.connection.execute(statement.encode()).rowcount == 1
            except (psycopg.errors.IntegrityError, psycopg.errors.GeneratedAlways):
                continue
            report = proven.verify()
            if not report.failures and not report.notes:
                unseen.add(what)
    assert unseen == _harmless() | {what for name, what in listed() if name == FETCHES.name}


def _of_the_last(statement: str) -> str:
    return statement.replace("min(ctid)", "max(ctid)")


def figures(proven: Proven, asset: str) -> dict[tuple[Any, ...], dict[str, int]]:
    """The final figures of a layer as it would be computed now, by row."""
    (draft,) = (
        draft
        for layer in LAYERS
        if layer.name == asset
        for draft in layer.draft(proven.aurora.configuration, proven.connection, KEY)
        if draft.table.name == asset
    )
    table = draft.table
    return {
        tuple(row[name] for name in table.key): {
            name: int(row[name]) for name in table.amounts if row[name] is not None and row["state"] == "final"
        }
        for row in draft.frame.to_dicts()
    }


@pytest.mark.parametrize(
    ("data_type", "asset"),
    [
        ("fees", "canonical_validator_fees"),
        ("mev", "canonical_validator_mev"),
        ("rewards", "canonical_stake_rewards"),
        ("positions", "canonical_stake_positions"),
    ],
)
def test_repeated_fetch__under_the_name_of_another_validator__its_figures_are_not_taken(
    proven: Proven, data_type: str, asset: str
) -> None:
    good = figures(proven, asset)
    assert any(good.values())
    (other,) = proven.run("SELECT max(subject) AS subject FROM staging_fetches WHERE data_type = %s", data_type)
    repeat(proven, data_type, subject=other["subject"])
    for key, row in figures(proven, asset).items():
        known = good.get(key, {})
        assert {name: amount for name, amount in row.items() if amount != known.get(name)} == {}, key
