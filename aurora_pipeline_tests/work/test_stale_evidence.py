"""Answers about the epoch before that come after an epoch was computed are seen, and computing it again is enough."""

from __future__ import annotations

from pathlib import Path

from aurora_pipeline.canonical.drafts import draft_account_balances, draft_rewards
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import record_fetch
from aurora_pipeline.store.payloads.tables import EVERYONE, Verdict
from aurora_pipeline.work.stale_evidence import StaleEvidence, stale_evidence
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.proof.conftest import KEY
from aurora_pipeline_tests.work.conftest import Ask

STRANGER = "Vote111111111111111111111111111111111111111"


def stale(aurora: Aurora) -> list[StaleEvidence]:
    with aurora.database.connect() as connection:
        return stale_evidence(connection, aurora.configuration.chain(KEY.chain_id))


def answer(aurora: Aurora, data_type: DataType, subject: str, reason: str, epochs_before: int = 1) -> None:
    """Record that a provider was asked about an epoch before, and has nothing."""
    epoch = aurora.configuration.chain(KEY.chain_id).period_before(KEY.epoch) - (epochs_before - 1)
    with aurora.database.connect() as connection:
        record_fetch(
            connection,
            KEY.chain_id,
            epoch,
            data_type,
            "late",
            "solana_rpc",
            subject,
            FigureState.PENDING,
            Verdict.TOLD,
            reason,
            [],
            None,
        )


def compute(aurora: Aurora) -> None:
    """Rewards and account balances again, from what is stored."""
    for draft in (draft_rewards, draft_account_balances):
        with aurora.database.connect() as connection:
            found = draft(aurora.configuration, connection, KEY)
        write_check_publish(aurora.database, found if isinstance(found, list) else [found])


def test_answers__about_the_epoch_before_that_came_later__are_seen_until_they_are_computed_with(
    copied: Aurora, ask: Ask
) -> None:
    assert stale(copied) == []
    answer(copied, DataType.POSITIONS, EVERYONE, "one")
    (one,) = stale(copied)
    assert one.key == KEY
    told = ask("status").out
    assert "rests on answers about the epoch before" in told
    assert f"`aurora recompute {KEY.chain_id} --stale`" in told
    answer(copied, DataType.POSITIONS, EVERYONE, "other")
    (other,) = stale(copied)
    assert other.digest != one.digest  # another case, for which another run is requested
    compute(copied)
    assert stale(copied) == []
    for data_type in (DataType.FEES, DataType.REWARDS):
        answer(copied, data_type, EVERYONE, "now")
        assert [found.key for found in stale(copied)] == [KEY]
        compute(copied)
        assert stale(copied) == []


def test_answers__that_the_epoch_does_not_read__change_nothing(copied: Aurora, ask: Ask, tmp_path: Path) -> None:
    answer(copied, DataType.COSTS, EVERYONE, "not read of another epoch")
    answer(copied, DataType.POSITIONS, EVERYONE, "of the epoch before that", epochs_before=2)
    answer(copied, DataType.POSITIONS, STRANGER, "of a validator that nobody registered")
    assert stale(copied) == []
    header, first, *_ = ask("validators", "export").out.splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    file = tmp_path / "validators.csv"
    late = {**cells, "validator_key": STRANGER, "identity_key": "", "name": "registered since"}
    file.write_text(f"{header}\n{','.join(late.values())}\n", encoding="utf-8")
    assert ask("validators", "import", str(file)).code == 0
    assert stale(copied) == []  # the epoch has no answers about it yet: a backfill gets them
    answer(copied, DataType.POSITIONS, cells["validator_key"], "of one that it was computed for")
    assert [found.key for found in stale(copied)] == [KEY]
