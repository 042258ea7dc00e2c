"""Empty runs of Dagster: as many assets and checks as a file says, which do nothing, one run for each partition.

`python -m benchmarks.empty_job SHAPE FIRST COUNT`, in a Dagster home. It imports Dagster and nothing of Aurora.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

import dagster as dg

PARTITIONS = "empty"


class Shape(TypedDict):
    """Assets that are computed together, and their checks."""

    assets: dict[str, list[str]]
    """What each is computed from."""
    checks: list[tuple[str, str, bool]]
    """Of which asset, the name, and whether it blocks."""


def asset(number: int, shape: Shape) -> dg.AssetsDefinition:
    """Assets that hold nothing, and checks that always pass."""
    checks = [dg.AssetCheckSpec(name, asset=of, blocking=blocks) for of, name, blocks in shape["checks"]]

    @dg.multi_asset(
        name=f"empty_{number}",
        specs=[
            dg.AssetSpec(key, deps=deps, partitions_def=dg.DynamicPartitionsDefinition(name=PARTITIONS))
            for key, deps in shape["assets"].items()
        ],
        check_specs=checks,
    )
    def empty() -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        for check in checks:
            yield dg.AssetCheckResult(asset_key=check.asset_key, check_name=check.name, passed=True)
        for key in shape["assets"]:
            yield dg.MaterializeResult(asset_key=key)

    return empty


def main() -> None:
    """Run the job for so many partitions."""
    warnings.simplefilter("ignore", dg.BetaWarning)
    shapes: list[Shape] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    first, count = map(int, sys.argv[2:4])
    keys = [f"{number:07d}" for number in range(first, first + count)]
    instance = dg.DagsterInstance.from_config(os.environ["DAGSTER_HOME"], "foreground.yaml")
    instance.add_dynamic_partitions(PARTITIONS, keys)
    definitions = dg.Definitions(
        assets=[asset(number, shape) for number, shape in enumerate(shapes)],
        jobs=[dg.define_asset_job("empty", selection=dg.AssetSelection.all())],
        executor=dg.in_process_executor,
    )
    for key in keys:
        definitions.resolve_job_def("empty").execute_in_process(
            instance=instance,
            partition_key=key,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    instance.dispose()


if __name__ == "__main__":
    main()
