"""Facts as Prometheus wants them: every metric by name, with what it means. Pure.

Amounts of coins are not among them: Prometheus keeps 53 bits of a number, and money needs them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric

from aurora_pipeline.store.revision import wanted_revision
from aurora_pipeline.work.condition import Health
from aurora_pipeline.work.metrics.facts import Facts
from aurora_pipeline.work.reads.status import ChainStatus

Labelled = tuple[Sequence[str], float]
_QUEUED: Final = ("QUEUED", "NOT_STARTED")


def up(is_up: bool) -> Metric:
    """Whether this scrape could read the database. Where not, nothing else is told: numbers of before would lie."""
    return _gauge(
        "up", "1: the database was read for this scrape; 0: it could not be, and nothing else is told.", is_up
    )


def families(facts: Facts) -> Iterator[Metric]:
    """Every metric but `aurora_up`."""
    yield _gauges(
        "build_info", "The version that answers.", ["version", "schema"], [((_version(), wanted_revision()), 1)]
    )
    yield from _of_chains(facts.looked.status.chains)
    yield from _of_attention(facts)
    yield from _of_layers(facts)
    yield from _of_providers(facts)
    yield from _of_runs(facts)
    yield from _of_machine(facts)


def _of_chains(chains: Sequence[ChainStatus]) -> Iterator[Metric]:
    yield _gauges(
        "chain_condition",
        "1 for the condition a chain is in, 0 for the others.",
        ["chain", "condition"],
        [((one.chain_id, each.value), one.condition == each) for one in chains for each in Health],
    )
    for name, words, values in (
        ("chain_behind_periods", "Periods between the newest whole one and the newest that is over.", "behind"),
        (
            "chain_expected_epoch",
            "The newest period that is over, by what was seen and by the clock.",
            "expected_epoch",
        ),
        ("chain_latest_epoch", "The newest period of which every layer is published.", "latest_epoch"),
    ):
        found = [((one.chain_id,), getattr(one, values)) for one in chains]
        yield _gauges(name, words, ["chain"], [(labels, value) for labels, value in found if value is not None])
    states = ("complete", "partial", "unpublished")
    yield _gauges(
        "chain_periods",
        "Recorded periods by how complete they are.",
        ["chain", "state"],
        [((one.chain_id, state), getattr(one, state)) for one in chains for state in states],
    )
    yield _gauges(
        "chain_stale_periods",
        "Periods that rest on what no longer counts.",
        ["chain"],
        [((one.chain_id,), sum(period.stale is not None for period in one.periods)) for one in chains],
    )
    yield _gauges(
        "chain_open_periods",
        "Periods that are not published whole, or wait for figures.",
        ["chain"],
        [((one.chain_id,), len(one.open)) for one in chains],
    )
    yield _gauges(
        "chain_last_observed_timestamp_seconds",
        "When the running period was last sampled.",
        ["chain"],
        [((one.chain_id,), one.seen.observed_at.timestamp()) for one in chains if one.seen is not None],
    )
    months = [(one.chain_id, one.month_end) for one in chains if one.month_end is not None]
    yield _gauges(
        "month_ready",
        "1 where the last month is over and all its periods are published.",
        ["chain"],
        [((chain_id,), month.is_ready) for chain_id, month in months],
    )
    yield _gauges(
        "month_statements",
        "Statements of the last month by where they stand.",
        ["chain", "stage"],
        [((chain_id, one.stage), one.count) for chain_id, month in months for one in month.statements],
    )


def _of_attention(facts: Facts) -> Iterator[Metric]:
    concerns = facts.looked.concerns
    chains = {one.chain_id for one in facts.looked.status.chains} | {one.chain_id or "" for one in concerns}
    yield _gauges(
        "needs_person",
        "Things that need a person, by the chain they are about (empty: the instance).",
        ["chain"],
        [((chain,), sum((one.chain_id or "") == chain for one in concerns)) for chain in sorted(chains | {""})],
    )
    sensors = facts.looked.status.sensors
    yield _gauges(
        "sensor_failing",
        "1 where the newest tick of a sensor failed.",
        ["sensor"],
        [((one.sensor,), one.problem is not None) for one in sensors],
    )
    yield _gauges(
        "sensor_last_tick_timestamp_seconds",
        "When a sensor last ran.",
        ["sensor"],
        [((one.sensor,), one.last_tick_at.timestamp()) for one in sensors],
    )
    yield _gauges(
        "daemon_heartbeat_timestamp_seconds",
        "When each of Dagster's daemons last gave a sign of life.",
        ["daemon"],
        [((name,), at.timestamp()) for name, at in sorted(facts.heartbeats.items())],
    )
    status = facts.looked.status
    yield from _moment("last_backup_timestamp_seconds", "When the last backup was made.", status.last_backup_at)
    yield from _moment("last_checkpoint_timestamp_seconds", "When the log was last signed.", status.last_checkpoint_at)


def _of_layers(facts: Facts) -> Iterator[Metric]:
    by_layer = [((one["chain_id"], one["layer"]), one) for one in facts.layers]
    labels = ["chain", "layer"]
    yield _gauges("layer_rows", "Rows in force.", labels, [(at, one["rows"]) for at, one in by_layer])
    yield _gauges(
        "layer_newest_timestamp_seconds",
        "When the newest snapshot in force was written.",
        labels,
        [(at, one["newest_at"]) for at, one in by_layer],
    )
    yield _counters(
        "check_failures",
        "Snapshots that a check held back.",
        labels,
        [((one["chain_id"], one["layer"]), one["snapshots"]) for one in facts.rejected],
    )
    counted: dict[tuple[str, str, str, str], int] = {}
    for chain_id, layer, rule, is_acknowledged in facts.warnings:
        key = (chain_id, layer, rule, "yes" if is_acknowledged else "no")
        counted[key] = counted.get(key, 0) + 1
    yield _gauges(
        "warnings",
        "Warnings of each layer's newest period.",
        [*labels, "rule", "acknowledged"],
        sorted(counted.items()),
    )
    yield _gauges(
        "figures_not_final",
        "Figures that are pending, partial or unavailable, of all periods.",
        ["chain", "data_type", "state"],
        [((one["chain_id"], one["data_type"], one["state"]), one["figures"]) for one in facts.not_final],
    )


def _of_providers(facts: Facts) -> Iterator[Metric]:
    heard = facts.looked.status.providers
    label = ["provider"]
    yield _gauges(
        "provider_answers_last_day", "Answers in a day.", label, [((one.provider,), one.answers) for one in heard]
    )
    yield _gauges(
        "provider_refusals_last_day",
        "Answers of HTTP 4xx and 5xx in a day.",
        label,
        [((one.provider,), one.refusals) for one in heard],
    )
    yield _gauges(
        "provider_in_trouble",
        "1 where the newest question got no answer: the provider was not asked any more in that run.",
        label,
        [((one.provider,), one.trouble is not None) for one in heard],
    )
    yield _gauges(
        "provider_last_answer_timestamp_seconds",
        "When a provider last answered.",
        label,
        [((one.provider,), one.last_contact_at.timestamp()) for one in heard if one.last_contact_at is not None],
    )
    yield _gauges(
        "provider_limit_left",
        "What the newest answer said is left of a limit, by header.",
        ["provider", "limit"],
        [((provider, name), value) for provider, name, value in facts.limits],
    )
    for name, words in (
        ("requests", "Questions asked over the network."),
        ("reused", "Answers taken from earlier runs."),
        ("bytes", "Bytes received."),
        ("runs", "Staging runs."),
        ("seconds", "Seconds that staging took, pauses included."),
    ):
        rows = [((one["chain_id"], one["data_type"]), float(one[name])) for one in facts.staging]
        yield _counters(f"staging_{name}", words, ["chain", "data_type"], rows)


def _of_runs(facts: Facts) -> Iterator[Metric]:
    counted = [((one["job"], one["status"]), one["runs"]) for one in facts.runs]
    yield _gauges("runs", "Runs in Dagster's records.", ["job", "status"], counted)
    timed: dict[str, tuple[int, float]] = {}
    for one in facts.runs:
        count, seconds = timed.get(one["job"], (0, 0.0))
        timed[one["job"]] = (count + one["timed"], seconds + one["seconds"])
    summary = SummaryMetricFamily("aurora_run_seconds", "How long runs took that ended.", labels=["job"])
    for job, (count, seconds) in sorted(timed.items()):
        summary.add_metric([job], count, seconds)
    yield summary
    waiting = [one for one in facts.runs if one["status"] in _QUEUED]
    yield _gauge("queue_runs", "Runs that wait for their turn.", sum(one["runs"] for one in waiting))
    oldest = min((one["oldest_at"] for one in waiting), default=None)
    if oldest is not None:
        age = max(facts.looked.status.checked_at.timestamp() - oldest, 0.0)
        yield _gauge("queue_oldest_age_seconds", "How long the run waits that waits longest.", age)


def _of_machine(facts: Facts) -> Iterator[Metric]:
    names = [((one["name"],), one) for one in facts.databases]
    yield _gauges("database_bytes", "Size of a database.", ["database"], [(at, one["bytes"]) for at, one in names])
    yield _gauges("database_sessions", "Sessions on it.", ["database"], [(at, one["sessions"]) for at, one in names])
    if facts.disk_free_bytes is not None:
        yield _gauge("disk_free_bytes", "Room left on the disk of the data directory.", facts.disk_free_bytes)


def _moment(name: str, words: str, at: datetime | None) -> Iterator[Metric]:
    if at is not None:
        yield _gauge(name, words, at.timestamp())


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"aurora_{name}", words, value=float(value))


def _gauges(name: str, words: str, labels: Sequence[str], samples: Iterable[Labelled]) -> Metric:
    family = GaugeMetricFamily(f"aurora_{name}", words, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family


def _counters(name: str, words: str, labels: Sequence[str], samples: Iterable[Labelled]) -> Metric:
    family = CounterMetricFamily(f"aurora_{name}", words, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family


def _version() -> str:
    return version("aurora-pipeline")
