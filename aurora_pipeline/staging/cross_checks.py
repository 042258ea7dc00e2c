"""Staging what a second provider says: asked like the first, stored apart, and never what a figure is taken from."""

from __future__ import annotations

from aurora_pipeline.config.vocabulary import ROLES
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.sources.kinds import adapter_for
from aurora_pipeline.staging.plan import NOW_ONLY, checked_by
from aurora_pipeline.staging.report import StagingReport
from aurora_pipeline.staging.run import Errand, period_and_validators, run_errand


def stage_cross_checks(
    aurora: Aurora, key: PeriodKey, *, refetch: bool = False, dagster_run: str | None = None
) -> list[StagingReport]:
    """Stage a period from every provider that cross-checks a role of the chain; a report for each."""
    period, validators = period_and_validators(aurora.database, key)
    reports = []
    for role in ROLES:
        for provider in aurora.configuration.cross_checkers_for(key.chain_id, role):
            adapter = adapter_for(provider)
            if role not in adapter.serves and not (role in NOW_ONLY and role in adapter.observes):
                continue
            errand = Errand(role, checked_by(role, provider.name), (provider,), observed_by=provider.name)
            reports.append(
                run_errand(aurora.database, aurora.configuration, period, errand, validators, refetch, dagster_run)
            )
    return reports
