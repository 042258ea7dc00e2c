"""Words that a partner will read name no other partner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aurora_pipeline.agreements.errors import OtherPartnerNamed
from aurora_pipeline.agreements.others_named import refuse_others_named, refuse_others_than_of
from aurora_pipeline.agreements.overrides import Target, record_override
from aurora_pipeline.agreements.tables import AGREEMENTS, PARTNERS, OverrideTarget
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline_tests.decided import decide


@pytest.fixture
def known(database: Database) -> Iterator[Connection]:
    """Three partners, one of them renamed, and an agreement of the first."""
    with database.connect() as connection:
        rows = [("acme", 1, "Acme Stake"), ("lumen", 1, "Lumen  Capital"), ("lumen", 2, "Halcyon"), ("zg", 1, "Zg")]
        decide(connection, PARTNERS, *({"partner_id": a, "revision": b, "name": c} for a, b, c in rows))
        decide(connection, AGREEMENTS, {"agreement_id": "acme-2026", "partner_id": "acme"})
        yield connection


@pytest.mark.parametrize(
    "reason",
    ["Lumen claims it too", "as lumen said", "see LUMEN CAPITAL.", "that of (halcyon), partly", "lumen/commission"],
)
def test_reason__with_the_key_or_a_name_of_another__is_refused(known: Connection, reason: str) -> None:
    with pytest.raises(OtherPartnerNamed, match="and the partner acme will read it; nothing was written"):
        refuse_others_named(known, reason, "acme")
    with pytest.raises(OtherPartnerNamed):
        refuse_others_than_of(known, reason, "acme-2026")


@pytest.mark.parametrize("reason", ["agreed with Acme Stake", "it illumens", "alumen", "capital", "zg", "halcyons", ""])
def test_reason__without_one__is_kept(known: Connection, reason: str) -> None:
    refuse_others_named(known, reason, "acme")
    refuse_others_than_of(known, reason, "acme-2026")


def test_override__whose_reason_names_another__is_refused_and_nothing_is_written(known: Connection) -> None:
    target = Target(OverrideTarget.RULE, "acme-2026", "tips", "solana-demo", EpochNumber(850))
    with pytest.raises(OtherPartnerNamed):
        record_override(known, target, Amount(7), Amount(9), "ada", "Lumen takes the rest")
    assert known.execute("SELECT FROM commission_overrides").fetchall() == []
