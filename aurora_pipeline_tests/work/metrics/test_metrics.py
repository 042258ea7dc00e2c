"""Scrapes: what is recorded comes out under the names that are promised, and never numbers of before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import find_workspace
from aurora_pipeline.store.database import Database
from aurora_pipeline.work.concern import Concern
from aurora_pipeline.work.health import Contact, Ticking
from aurora_pipeline.work.metrics.facts import Facts, gather
from aurora_pipeline.work.metrics.families import families, up
from aurora_pipeline.work.metrics.serving import Served
from aurora_pipeline.work.month_end import MonthEnd, StageCount
from aurora_pipeline.work.reads.status import ChainStatus, Looked, Status
from aurora_pipeline_tests.cli.conftest import Run
from aurora_pipeline_tests.work.test_health import answered, asked_in_vain

DEPLOY = Path(__file__).parents[3] / "deploy"
NOW = datetime(2026, 9, 6, 12, tzinfo=UTC)
MONTH = MonthEnd("2026-08", None, None, [StageCount("DRAFT", 2)])
CHAIN = ChainStatus("x", "DEGRADED", 9, 8, 1, 0, NOW, 23, 22, 16, 6, True, None, [], [], [], MONTH)
STATUS = Status(
    NOW,
    "DEGRADED",
    [CHAIN],
    [Contact("node", NOW, 7, 1, "no connection")],
    [Ticking("late_data", NOW, None), Ticking("attention", NOW, "no")],
    [],
    [],
    NOW,
    NOW,
    None,
    [],
)
FACTS = Facts(
    Looked(STATUS, [Concern("x:behind", "behind", chain_id="x"), Concern("backup:old", "old")]),
    [{"chain_id": "x", "layer": "validator_pnl", "rows": 12, "newest_at": 1.5}],
    [{"chain_id": "x", "layer": "validator_pnl", "snapshots": 3}],
    [{"chain_id": "x", "data_type": "mev", "state": "pending", "figures": 4}],
    [{"chain_id": "x", "data_type": "mev", "requests": 9, "reused": 1, "bytes": 100, "seconds": 2.5, "runs": 2}],
    [
        ("x", "validator_pnl", "drift", False),
        ("x", "validator_pnl", "drift", False),
        ("x", "validator_pnl", "drift", True),
    ],
    [("node", "x-ratelimit-remaining", 40.0)],
    [{"name": "aurora", "bytes": 10, "sessions": 2}],
    [
        {"job": "period_job", "status": "SUCCESS", "runs": 3, "seconds": 6.0, "timed": 3, "oldest_at": 0.0},
        {"job": "period_job", "status": "FAILURE", "runs": 1, "seconds": 1.0, "timed": 1, "oldest_at": 0.0},
        {
            **{"job": "period_job", "status": "QUEUED", "runs": 2, "seconds": 0.0, "timed": 0},
            **{"oldest_at": (NOW - timedelta(minutes=5)).timestamp()},
        },
    ],
    {"SENSOR": NOW},
    1_000,
)


def samples(facts: Facts) -> dict[str, dict[tuple[str, ...], float]]:
    """By the names that queries use, and by labels."""
    told: dict[str, dict[tuple[str, ...], float]] = {}
    for family in [*families(facts), up(True)]:
        for one in family.samples:
            told.setdefault(one.name, {})[tuple(one.labels.values())] = one.value
    return told


def test_families__of_known_facts__each_number_in_its_place() -> None:
    told = samples(FACTS)
    assert told["aurora_up"] == {(): 1}
    assert told["aurora_chain_condition"] == {("x", "HEALTHY"): 0, ("x", "DEGRADED"): 1, ("x", "UNHEALTHY"): 0}
    assert told["aurora_chain_behind_periods"] == {("x",): 6}
    assert told["aurora_needs_person"] == {("",): 1, ("x",): 1}
    assert told["aurora_month_statements"] == {("x", "DRAFT"): 2}
    assert told["aurora_check_failures_total"] == {("x", "validator_pnl"): 3}
    assert told["aurora_warnings"] == {
        ("x", "validator_pnl", "drift", "no"): 2,
        ("x", "validator_pnl", "drift", "yes"): 1,
    }
    assert told["aurora_run_seconds_sum"] == {("period_job",): 7}
    assert told["aurora_run_seconds_count"] == {("period_job",): 4}
    assert told["aurora_queue_runs"] == {(): 2}
    assert told["aurora_queue_oldest_age_seconds"] == {(): 300}
    assert told["aurora_provider_in_trouble"] == {("node",): 1}
    assert told["aurora_staging_requests_total"] == {("x", "mev"): 9}


def test_families__nothing_known__no_number_is_made_up() -> None:
    unknown = replace(CHAIN, behind=None, expected_epoch=None, latest_epoch=None, month_end=None)
    status = replace(STATUS, chains=[unknown], last_backup_at=None, last_checkpoint_at=None)
    told = samples(replace(FACTS, looked=Looked(status, []), runs=[], disk_free_bytes=None))
    for name in (
        "chain_behind_periods",
        "last_backup_timestamp_seconds",
        "queue_oldest_age_seconds",
        "disk_free_bytes",
    ):
        assert f"aurora_{name}" not in told
    assert told["aurora_needs_person"] == {("",): 0, ("x",): 0}


def scraped(port: int) -> dict[str, dict[tuple[str, ...], float]]:
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    told: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            told.setdefault(one.name, {})[tuple(one.labels.values())] = one.value
    return told


def test_scrape__of_a_real_instance__and_of_one_whose_database_is_gone(home: Path, database: Database) -> None:
    answered(database, "demo-rpc", 200, datetime.now(UTC))
    asked_in_vain(database, "demo-rpc", "no connection", [])
    with Aurora(find_workspace(), reads_only=True) as aurora:
        served = Served(aurora, "127.0.0.1", 0)
        try:
            told = scraped(served.port)
            assert told["aurora_up"] == {(): 1}
            assert told["aurora_provider_in_trouble"][("demo-rpc",)] == 1
            assert told["aurora_chain_condition"][("solana-demo", "DEGRADED")] == 1
            assert any(size > 1_000_000 for size in told["aurora_database_bytes"].values())
            with database.autocommit() as connection:
                connection.execute("DROP TABLE ingestion_runs")
            assert scraped(served.port) == {"aurora_up": {(): 0}}
        finally:
            served.close()


def test_scrape__nobody_there__says_so_and_recovers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURORA_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    with Aurora(find_workspace(), reads_only=True) as aurora:
        served = Served(aurora, "127.0.0.1", 0)
        try:
            assert scraped(served.port) == {"aurora_up": {(): 0}}
        finally:
            served.close()


def test_command__without_a_port__prints_them(run: Run) -> None:
    ended = run("metrics")
    assert ended.code == 0
    assert "\naurora_up 1.0\n" in ended.out


def test_gather__of_a_fresh_instance__is_empty_and_whole(run: Run) -> None:
    with Aurora(find_workspace(), reads_only=True) as aurora:
        facts = gather(aurora, datetime.now(UTC))
    assert (facts.layers, facts.runs, facts.limits) == ([], [], [])


def queries() -> Iterator[tuple[str, str]]:
    """Every query of the dashboard and of the alert rules, and where it stands."""
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "aurora.json").read_text("utf-8"))
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for one in board["templating"]["list"]:
        yield one["name"], one["query"]
    for group in yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


@pytest.mark.parametrize(("where", "query"), [pytest.param(*one, id=one[0]) for one in queries()])
def test_queries__of_panels_and_rules__name_metrics_and_labels_that_exist(where: str, query: str) -> None:
    told = {one.name: one.labels.keys() for family in [*families(FACTS), up(True)] for one in family.samples}
    told |= {"aurora_chain_last_observed_timestamp_seconds": {"chain": ""}.keys()}
    named = re.findall(r"\baurora_[a-z_]+", query)
    assert named
    for name in named:
        assert name in told, f"{where}: there is no metric {name}"
    for name, labels in re.findall(r"\b(aurora_[a-z_]+)\{([^}]*)\}", query):
        assert set(re.findall(r"(\w+)\s*[=!]~?", labels)) <= {*told[name], "job"}, where


def test_rules__each__says_what_to_do_and_how_bad_it_is() -> None:
    text = (DEPLOY / "prometheus" / "rules.yml").read_text("utf-8")
    for group in yaml.safe_load(text)["groups"]:
        for rule in group["rules"]:
            assert {"summary", "todo"} <= rule["annotations"].keys(), rule["alert"]
            assert rule["labels"]["severity"] in ("page", "ticket")


def test_rules__that_nothing_answers__is_an_alert_of_its_own() -> None:
    rules = {query for _, query in queries()}
    assert "aurora_up == 0 or absent(aurora_up)" in rules
