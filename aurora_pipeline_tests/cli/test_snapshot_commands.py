"""`aurora snapshots`: a rejected snapshot is listed, shown, compared, and refused or released, in words and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from psycopg.conninfo import conninfo_to_dict

from aurora_pipeline.canonical.drafts import draft_mev
from aurora_pipeline.instance.workspace import find_workspace
from aurora_pipeline.layers import GATE
from aurora_pipeline.periods.record import Period, record_period
from aurora_pipeline.store import snapshots
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.drafts import Rejected
from aurora_pipeline_tests.cli.conftest import Run
from aurora_pipeline_tests.gated import always
from aurora_pipeline_tests.work.test_releasing import KEY, draft, publish, rejected


def test_snapshots__a_rejected_one__is_listed_shown_and_compared(database: Database, run: Run) -> None:
    publish(database, draft(fees=7, skipped=1))
    number = rejected(database, draft())
    listed = run("snapshots", "list", "--rejected").out
    assert "1 snapshot(s)" in listed
    assert "slots_add_up" in listed
    shown = run("snapshots", "show", str(number)).out
    assert "4 slots led, but 3 blocks and 2 skips" in " ".join(shown.split())
    assert f"aurora snapshots release {number}" in shown
    told = run("snapshots", "diff", str(number)).out
    assert "2 difference(s)" in told
    assert {one["column"] for one in run("snapshots", "diff", str(number), "--json").json["differences"]} == {
        "fees",
        "slots_skipped",
    }
    assert run("snapshots", "list", "--json").json[0]["standing"] == "rejected"
    assert run("snapshots", "show", str(number), "--json").json["may_be_released"]


def test_release__of_what_nobody_may_release__is_refused_with_its_code(database: Database, run: Run) -> None:
    number = rejected(database, draft(skipped=1), always("off", name="tips_add_up"))
    refused = run("snapshots", "release", str(number), "--reason", "it has to be", "--json")
    assert refused.code == 2
    assert refused.failure["code"] == "snapshot-not-released"
    assert "may not be released" in run("snapshots", "show", str(number)).out


def test_release__of_a_snapshot_that_is_not_there__says_so(run: Run) -> None:
    assert run("snapshots", "release", "4711", "--reason", "why").err.startswith("Error: there is no snapshot 4711")


def test_release__on_the_command_line__computes_the_period_again_and_the_layer_counts(
    database: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was ever told of the period: each layer that says nothing is held back, and the released one counts."""
    start = datetime(2026, 8, 1, tzinfo=UTC)
    with database.connect() as connection:
        record_period(connection, Period(KEY, 1, 432, 1, 432, start, start + timedelta(days=2)), [])
        configuration = find_workspace().configuration()
        mev = draft_mev(configuration, connection, KEY)
    with pytest.raises(Rejected) as caught:
        snapshots.write_check_publish(database, [mev], GATE)
    number = caught.value.outcomes[0].snapshot_id
    place = conninfo_to_dict(database.conninfo)
    url = f"postgresql://{place['user']}@/{place['dbname']}?host={quote(str(place['host']))}&port={place['port']}"
    monkeypatch.setenv("AURORA_DATABASE_URL", url)
    done = run("snapshots", "release", str(number), "--reason", "no relay will ever tell")
    assert "counts although it breaks something_known" in " ".join(done.out.split())
    assert "something_known" in done.err
    told = run("snapshots", "list", "--json").json
    standing = {one["asset"]: one["standing"] for one in reversed(told)}
    assert standing["canonical_validator_mev"] == "in force"
    assert standing["canonical_validator_fees"] == "rejected"
