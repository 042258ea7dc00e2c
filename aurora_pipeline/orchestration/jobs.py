"""The jobs that sensors, commands and the UI start: which assets each computes."""

from __future__ import annotations

import dagster as dg

from aurora_pipeline.canonical.tables import STAKE_EVENTS
from aurora_pipeline.layers import MONTHLY_LAYERS
from aurora_pipeline.work.runs import Job

STAGING = dg.AssetSelection.groups("staging")
MONTHLY = dg.AssetSelection.assets(*(table.name for layer in MONTHLY_LAYERS for table in layer.tables))

PERIOD_JOB = dg.define_asset_job(
    Job.PERIOD.value,
    selection=dg.AssetSelection.all() - MONTHLY,
    description="Everything of one period: fetch what is missing, then compute every layer.",
)
RECOMPUTE_JOB = dg.define_asset_job(
    Job.RECOMPUTE.value,
    selection=dg.AssetSelection.all() - STAGING - MONTHLY,
    description="Every computed layer of one period again, from what is stored; never touches the network.",
)

COMMISSIONS_JOB_DEFINITION = dg.define_asset_job(
    Job.COMMISSIONS.value,
    selection=dg.AssetSelection.groups("commissions", "statements") - MONTHLY,
    description="The lines and statements of one period again, by the terms and earlier periods that count now.",
)

MONTH_JOB_DEFINITION = dg.define_asset_job(
    Job.MONTH.value,
    selection=MONTHLY,
    description="The statements of one calendar month, from the EPOCH statements of its periods.",
)

STAKE_EVENTS_JOB_DEFINITION = dg.define_asset_job(
    Job.STAKE_EVENTS.value,
    selection=dg.AssetSelection.assets(STAKE_EVENTS.name),
    description="The stake events of one period again, by the positions that count now in it and the one before.",
)

JOBS = [
    PERIOD_JOB,
    RECOMPUTE_JOB,
    COMMISSIONS_JOB_DEFINITION,
    MONTH_JOB_DEFINITION,
    STAKE_EVENTS_JOB_DEFINITION,
]
