"""A range of which some epochs have no answer: the others are answered, and these are named with their reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.demo.agreements import agreements_yaml
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.demo.solana.truth import cast_of
from aurora_pipeline.foundation.listing import spans
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline_tests.proof.conftest import EPOCH, PARAMETERS
from aurora_pipeline_tests.work.conftest import Ask

RANGE = f"{EPOCH - 2}..{EPOCH + 1}"


@pytest.mark.parametrize("command", ["pnl", "lines", "allocation", "statements epochs"])
@pytest.mark.parametrize("form", ["", "--csv", "--json"])
def test_figures__of_a_range_with_unknown_epochs__name_them_beside_the_answer(
    ask: Ask, command: str, form: str
) -> None:
    options = [form] if form else []
    alone = ask(*command.split(), CHAIN_ID, str(EPOCH), *options)
    assert (alone.code, alone.err) == (0, "")
    ran = ask(*command.split(), CHAIN_ID, RANGE, *options)
    assert (ran.code, ran.out) == (0, alone.out)
    said = " ".join(ran.err.split())
    assert f"left out: {CHAIN_ID} 848..849, 851, no finalized period that is known; known are: {CHAIN_ID} 850;" in said
    assert f"periods list {CHAIN_ID} --discover" in said


def test_figures__before_anything_was_published__say_so(ask: Ask) -> None:
    ran = ask("pnl", CHAIN_ID, str(EPOCH), "--as-of", "2020-01-01T00:00:00Z")
    assert (ran.code, "nothing is published that answers this" in ran.out) == (0, True)
    said = " ".join(ran.err.split())
    assert f"left out: {CHAIN_ID} {EPOCH}, of which nothing was published by 2020-01-01 00:00:00 UTC" in said


def test_figures__of_a_known_period_that_was_never_computed__say_so(ask: Ask, copied: Aurora) -> None:
    with copied.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            """INSERT INTO canonical_periods
               SELECT (jsonb_populate_record(p, '{"epoch": 851, "period_key": "solana-demo:0000851"}')).*
               FROM canonical_periods p WHERE epoch = 850"""
        )
    ran = ask("lines", CHAIN_ID, f"{EPOCH}..{EPOCH + 1}")
    assert ran.code == 0
    said = " ".join(ran.err.split())
    assert f"left out: {CHAIN_ID} 851, of which nothing is published: `aurora status {CHAIN_ID} 851` tells why" in said


def test_simulate__of_a_range_with_unknown_epochs__names_them(ask: Ask, folder: Path) -> None:
    terms = folder / "terms.yaml"
    terms.write_text(agreements_yaml(cast_of(PARAMETERS)), "utf-8")
    places = ("--chain", CHAIN_ID, "--from", str(EPOCH - 2), "--to", str(EPOCH + 1))
    ran = ask("agreements", "simulate", str(terms), *places, "--json")
    assert ran.code == 0
    assert {row["epoch"] for row in ran.json} == {EPOCH}
    assert f"left out: {CHAIN_ID} 848..849, 851, no finalized period" in " ".join(ran.err.split())


def test_verify__of_a_range_with_unknown_epochs__verifies_the_others_and_names_these(ask: Ask) -> None:
    ran = ask("verify", CHAIN_ID, RANGE, "--json")
    assert ran.code == 0
    assert [report["subject"] for report in ran.json][:1] == [f"{CHAIN_ID}:0000850"]
    assert f"left out: {CHAIN_ID} 848..849, 851, no finalized period" in " ".join(ran.err.split())
    refused = ask("verify", CHAIN_ID, "900..905")
    assert (refused.code, "epoch 900..905 of solana-demo is no finalized period" in refused.err) == (2, True)


def test_verify__period_taken_away_under_what_was_published__is_not_left_out(ask: Ask, copied: Aurora) -> None:
    with copied.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("DELETE FROM canonical_periods WHERE epoch = %s", [EPOCH])
    ran = ask("verify", CHAIN_ID, RANGE)
    assert ran.code == 1
    assert f"left out: {CHAIN_ID} 848..849, 851," in ran.err


@given(st.sets(st.integers(0, 30)), st.integers(1, 225))
def test_spans__any_epochs__name_each_once_and_no_other(places: set[int], step: int) -> None:
    epochs = [EpochNumber(place * step) for place in sorted(places)]
    named: list[int] = []
    for part in filter(None, spans(epochs, step).split(", ")):
        first, _, last = part.partition("..")
        named += range(int(first), int(last or first) + 1, step)
    assert named == epochs
    assert len(spans(epochs, step).split(", ")) <= len(epochs) or not epochs
