"""The standing check: look at the instance, and tell those who are to be told what needs a person."""

from __future__ import annotations

from datetime import datetime

from aurora_pipeline.asking.provider_secrets import secrets_of
from aurora_pipeline.foundation.log import hide
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.work.alerts.sending import channels
from aurora_pipeline.work.alerts.settings import alert_settings
from aurora_pipeline.work.alerts.telling import Outcome, as_cursor, from_cursor, sightings, tell
from aurora_pipeline.work.reads.status import look


def look_and_tell(aurora: Aurora, cursor: str | None, now: datetime) -> tuple[str, Outcome | None, int]:
    """Look once. Returns what was seen so far, what was told (None: nobody is named to tell), and how much is wrong."""
    settings = alert_settings(aurora.workspace.env)
    for provider in aurora.configuration.providers.values():
        hide(secrets_of(provider))
    found = look(aurora, aurora.configuration.enabled_chains(), now, clock_runs=not aurora.workspace.is_demo)
    seen = sightings(from_cursor(cursor), found.concerns, now)
    if not settings.is_on:
        return as_cursor(seen), None, len(found.concerns)
    told = tell(aurora.database, settings, channels(settings), found.concerns, seen, now)
    return as_cursor(seen), told, len(found.concerns)
