"""A window that this process has just read is not read again, and tells what its stored bytes tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.beacon import last_read
from aurora_pipeline.sources.beacon.proposals import proposals
from aurora_pipeline.sources.beacon.tells import balances
from aurora_pipeline.sources.told import StagedFetches
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.payloads.fetches import StagedFetch, load_fetches, load_fetches_in_slices
from aurora_pipeline_tests.devchain.configured import CHAIN, KEY, configured
from aurora_pipeline_tests.devchain.server import DevChain, serving
from aurora_pipeline_tests.devchain.staged import reference, register, staged

SLOTS = (16, 119)


def told(fetch: StagedFetch) -> object:
    window = reference(range(64))
    return balances(StagedFetches(window, dict.fromkeys(window.keys, fetch))).rows, proposals(fetch, *SLOTS)


def test_recall__what_was_just_staged__tells_the_same_without_reading_it_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_read, "_last", {})
    with serving(DevChain()) as server:
        configuration = configured(tmp_path, server.url)
        register(database)
        staged(database, configuration, DataType.REWARDS)
    with database.connect() as connection:
        [fetch] = load_fetches_in_slices(connection, CHAIN, KEY.epoch, DataType.REWARDS)
        [whole] = load_fetches(connection, CHAIN, KEY.epoch, DataType.REWARDS)
    # The connection is closed: whoever reads an answer fails.
    kept = told(fetch)
    assert last_read.recall(fetch, 16, 111) is None
    assert last_read.recall(replace(fetch, provider="another"), *SLOTS) is None
    assert last_read.recall(replace(fetch, fetch_digest="0" * 64), *SLOTS) is None
    monkeypatch.setattr(last_read, "_last", {})
    assert last_read.recall(fetch, *SLOTS) is None
    assert told(whole) == kept
