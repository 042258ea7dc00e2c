"""How long an asset may go without anything new before Dagster marks it, beside what `aurora status` counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import dagster as dg

OF_PERIODS: Final = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=3), fail_window=timedelta(days=6))
"""The longest periods take two days. Dagster asks for the newest one of any chain; that one chain lags behind
is told by `aurora status` and by alerts."""
OF_MONTHS: Final = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=33), fail_window=timedelta(days=40))
