"""The definitions as Dagster sees them: loadable, and unchanged unless a review says so."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
from dagster._core.definitions.freshness import TimeWindowFreshnessPolicy

from aurora_pipeline.orchestration.definitions import build_definitions

SNAPSHOT = Path(__file__).parents[1] / "golden" / "asset_specs.json"


def asset_specs() -> list[dict[str, object]]:
    specs = build_definitions().resolve_all_asset_specs()
    return sorted(
        (
            {
                "key": spec.key.to_user_string(),
                "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
                "group": spec.group_name,
                "kinds": sorted(spec.kinds),
                "owners": list(spec.owners),
                "description": spec.description,
                "code_version": spec.code_version,
                "partitions": getattr(spec.partitions_def, "name", None),
                "days_until_it_warns_and_fails": _days(spec.freshness_policy),
                "columns": [column.name for column in schema.columns]
                if (schema := spec.metadata.get("dagster/column_schema"))
                else None,
            }
            for spec in specs
        ),
        key=lambda spec: str(spec["key"]),
    )


def _days(policy: dg.FreshnessPolicy | None) -> list[int] | None:
    if not isinstance(policy, TimeWindowFreshnessPolicy) or policy.warn_window is None:
        return None
    return [window.to_timedelta().days for window in (policy.warn_window, policy.fail_window)]


def test_definitions__as_listed__load() -> None:
    dg.Definitions.validate_loadable(build_definitions())


def test_asset_specs__compared_with_the_snapshot__are_unchanged() -> None:
    """A changed lineage shows in review. To accept: python -m aurora_pipeline_tests.orchestration.test_definitions"""
    assert asset_specs() == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_sensors__after_installation__are_running() -> None:
    sensors = build_definitions().sensors or []
    assert {sensor.name for sensor in sensors} == {
        "attention",
        "checkpoint_due",
        "entries_changed",
        "finalized_periods",
        "late_data",
        "month_closed",
        "observe_open_period",
        "positions_changed",
        "terms_changed",
    }
    assert all(sensor.default_status is dg.DefaultSensorStatus.RUNNING for sensor in sensors)


if __name__ == "__main__":
    SNAPSHOT.parent.mkdir(exist_ok=True)
    SNAPSHOT.write_text(json.dumps(asset_specs(), indent=1) + "\n", encoding="utf-8")
