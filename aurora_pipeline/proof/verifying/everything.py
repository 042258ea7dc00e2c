"""Verifying everything: which periods and months anything is recorded of, and each of them, also on a damaged disk."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.foundation.errors import DatabaseDamaged
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.findings import Checked, Findings, VerifyReport
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.store.database import Connection

_EPOCHS: Final = """
SELECT chain_id, epoch FROM canonical_periods
UNION SELECT chain_id, epoch FROM snapshots WHERE epoch IS NOT NULL
UNION SELECT chain_id, epoch FROM staging_fetches
ORDER BY 1, 2
"""
_MONTHS: Final = "SELECT DISTINCT chain_id, period FROM snapshots WHERE epoch IS NULL ORDER BY 1, 2"


def recorded_keys(connection: Connection) -> list[PartitionKey]:
    """Every period and every month of which something was recorded, in order."""
    epochs = connection.execute(_EPOCHS).fetchall()
    months = connection.execute(_MONTHS).fetchall()
    return [
        *(PeriodKey(row["chain_id"], EpochNumber(row["epoch"])) for row in epochs),
        *(MonthKey(row["chain_id"], row["period"]) for row in months),
    ]


def verified(aurora: Aurora, key: PartitionKey, *, deep: bool) -> VerifyReport:
    """Verify a period or month; where its pages cannot be read, that is what is found of it, and the others go on."""
    try:
        with aurora.database.connect() as connection:
            return verify_period(connection, key, aurora=aurora, deep=deep)
    except DatabaseDamaged as error:
        findings = Findings()
        findings.fail(Checked.CONTENT, str(key), error.message)
        return findings.report(str(key))
