"""Canonical meta: the same columns from a directory and from the chain, and what either does not say."""

from __future__ import annotations

import pytest

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.canonical.meta import canonical_meta
from aurora_pipeline.canonical.tables import META
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline_tests.canonical.answers import (
    EPOCH,
    UNAVAILABLE,
    Row,
    answer,
    fetch,
    reference,
    row_of,
    vote_account,
    vote_accounts,
)
from aurora_pipeline_tests.gated import broken, schema_violations


def stakewiz(*rows: Row) -> Answer:
    return answer(Question("validators", "/validators"), list(rows))


def listed(key: str = "V", **values: object) -> Row:
    row = {
        "vote_identity": key,
        "identity": f"id-{key}",
        "name": "Polaris",
        "commission": 7,
        "activated_stake": 9722905.981190890,
        "delinquent": False,
        "is_jito": True,
        "jito_commission_bps": 995,
        "epoch": EPOCH,
    }
    return row | values


def meta_from(kind: str, *answers: Answer) -> LayerResult:
    result = canonical_meta(reference("V"), [fetch("meta", answers, kind=kind, subject=EVERYONE)])
    assert schema_violations(META, result.frame) == []
    return result


def test_meta__stakewiz_row__in_base_units() -> None:
    row = row_of(meta_from("stakewiz", stakewiz(listed())))
    assert (row["identity_key"], row["name"], row["commission_bps"]) == ("id-V", "Polaris", 700)
    assert (row["active_stake"], row["mev_commission_bps"], row["delinquent"]) == (9_722_905_981_190_890, 995, False)
    assert (row["state"], row["reason"]) == ("final", None)


def test_meta__vote_account__without_name_and_mev_commission() -> None:
    row = row_of(meta_from("solana_rpc", vote_accounts(delinquent=[vote_account("V", 12, commission_bps=995)])))
    assert (row["commission_bps"], row["active_stake"], row["delinquent"]) == (995, 12, True)
    assert (row["name"], row["mev_commission_bps"], row["state"]) == (None, None, "final")


def test_meta__row_without_commission__partial_and_named() -> None:
    row = row_of(meta_from("stakewiz", stakewiz(listed(commission=None))))
    assert (row["commission_bps"], row["state"]) == (None, "partial")
    assert "commission_bps" in row["reason"]


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("stakewiz", stakewiz(listed("W"))),
        ("stakewiz", stakewiz(listed(epoch=EPOCH + 1))),
        ("stakewiz", answer(Question("validators", "/validators"), {"message": "not found"})),
        ("solana_rpc", vote_accounts(vote_account("W", 1))),
    ],
    ids=["other validators", "another epoch", "message", "other vote accounts"],
)
def test_meta__validator_not_in_the_answer__unavailable(kind: str, given: Answer) -> None:
    row = row_of(meta_from(kind, given))
    assert (row["commission_bps"], row["active_stake"], row["state"]) == (None, None, "unavailable")


def test_meta__not_observed__says_so() -> None:
    result = canonical_meta(reference("V"), [fetch("meta", [], state=UNAVAILABLE, reason="not observed")])
    assert "not observed" in row_of(result)["reason"]
    assert (result.completeness, broken(result)) == (Completeness.PARTIAL, ())


def test_meta__seen_under_another_identity__warns() -> None:
    (warning,) = meta_from("stakewiz", stakewiz(listed(identity="id-new"))).warnings
    assert "id-new" in warning
    assert "id-V" in warning


def test_meta__its_identity_runs_another_vote_account_with_stake__warns() -> None:
    strangers = [vote_account("S", 5, identity="id-V"), vote_account("idle", 0, identity="id-V")]
    (warning,) = meta_from("solana_rpc", vote_accounts(vote_account("V", 7), vote_account("W", 9), *strangers)).warnings
    assert warning.startswith("V: its identity id-V also runs S;")
