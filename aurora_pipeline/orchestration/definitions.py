"""The front door for Dagster: every asset, check, job, sensor and resource, listed by name."""

from __future__ import annotations

import os
from dataclasses import dataclass

import dagster as dg

from aurora_pipeline.foundation import traces
from aurora_pipeline.foundation.log import FORMAT_VARIABLE, set_up
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import find_workspace
from aurora_pipeline.orchestration.attention import attention
from aurora_pipeline.orchestration.entries_changed import entries_changed
from aurora_pipeline.orchestration.jobs import JOBS
from aurora_pipeline.orchestration.known_partitions import resource_of
from aurora_pipeline.orchestration.late_data import late_data
from aurora_pipeline.orchestration.layer_assets import LAYER_ASSETS
from aurora_pipeline.orchestration.log_signed import checkpoint_due, sign_log_job
from aurora_pipeline.orchestration.month_closed import month_closed
from aurora_pipeline.orchestration.period_sensors import finalized_periods, observe_open_period
from aurora_pipeline.orchestration.positions_changed import positions_changed
from aurora_pipeline.orchestration.sampling_job import observe_period
from aurora_pipeline.orchestration.staging_assets import STAGING_ASSETS
from aurora_pipeline.orchestration.terms_changed import terms_changed

ASSETS = [*STAGING_ASSETS, *LAYER_ASSETS]


@dataclass(frozen=True)
class Overrides:
    """What tests and commands exchange: an opened instance in place of the process's own workspace."""

    aurora: Aurora | None = None


def build_definitions(overrides: Overrides | None = None) -> dg.Definitions:
    """Assemble Aurora's definitions; nothing is opened before something runs."""
    aurora = (overrides.aurora if overrides else None) or Aurora(find_workspace())
    return dg.Definitions(
        assets=ASSETS,
        jobs=[*JOBS, observe_period, sign_log_job],
        sensors=[
            finalized_periods,
            observe_open_period,
            late_data,
            terms_changed,
            positions_changed,
            entries_changed,
            month_closed,
            checkpoint_due,
            attention,
        ],
        resources={"aurora": resource_of(aurora)},
        # The default executor starts a process per step: five to eight times slower for steps as short as ours.
        executor=dg.in_process_executor,
    )


if FORMAT_VARIABLE in os.environ:
    # Services log to where they are started from, in the form that is asked for; Dagster keeps its own copy.
    set_up(os.environ)
traces.set_up(os.environ)
definitions = build_definitions()
