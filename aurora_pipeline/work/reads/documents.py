"""Every document that goes out as JSON, by name; docs/schemas/ is generated from them.

The same thing has the same name everywhere. What is not known or does not apply is null, never left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aurora_pipeline.work.alerts.message import Alert
from aurora_pipeline.work.computing import Computed
from aurora_pipeline.work.json_form import ERROR, Error
from aurora_pipeline.work.probes import Well
from aurora_pipeline.work.reads.agreements import Agreement, Difference, Simulated
from aurora_pipeline.work.reads.alerts import Telling
from aurora_pipeline.work.reads.archives import ArchivedRange
from aurora_pipeline.work.reads.changes import ChangedPeriod
from aurora_pipeline.work.reads.configuration import Configuration, Database, ProviderCheck
from aurora_pipeline.work.reads.disputes import DisputeShape
from aurora_pipeline.work.reads.figures import (
    AllocationPart,
    CommissionLine,
    PnlFigures,
    StatementFigures,
    StatementWithLines,
)
from aurora_pipeline.work.reads.overrides import Override
from aurora_pipeline.work.reads.partners import Partner, User, Wallet
from aurora_pipeline.work.reads.proof import Audit, AuditEntry, AuditRoot, Replay, Report, TraceNode
from aurora_pipeline.work.reads.recorded import Applied, Recorded
from aurora_pipeline.work.reads.registry import Period, Validator
from aurora_pipeline.work.reads.signed_log import Checkpoint, LogKey
from aurora_pipeline.work.reads.snapshots import SnapshotDifferences, SnapshotShape
from aurora_pipeline.work.reads.statement_difference import StatementDifference
from aurora_pipeline.work.reads.statement_in_full import StatementDocument
from aurora_pipeline.work.reads.statements import PayableStatement, StatementEvent
from aurora_pipeline.work.reads.status import EpochStatus, Status
from aurora_pipeline.work.reads.warnings import WarningShape
from aurora_pipeline.work.what_is_next import DueRun


@dataclass(frozen=True)
class SqlResult:
    """The rows of a query, every value as exact text."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | None]]


DOCUMENTS: Final[Mapping[str, Any]] = {
    ERROR: Error,
    "recorded": Recorded,
    "computed": Computed,
    "status": Status,
    "status_epoch": EpochStatus,
    "status_next": Sequence[DueRun],
    "health": Well,
    "alert": Alert,
    "alerts_list": Sequence[Telling],
    "trace": TraceNode,
    "verify": Sequence[Report],
    "replay": Replay,
    "audit": Audit,
    "audit_root": AuditRoot,
    "audit_list": Sequence[AuditEntry],
    "checkpoint": Checkpoint,
    "checkpoint_list": Sequence[Checkpoint],
    "keys_list": Sequence[LogKey],
    "agreements_apply": Applied,
    "agreements_list": Sequence[Agreement],
    "agreements_show": Agreement,
    "agreements_diff": Difference,
    "agreements_simulate": Sequence[Simulated],
    "config_check": Configuration,
    "db_current": Database,
    "overrides_list": Sequence[Override],
    "partners_list": Sequence[Partner],
    "partners_show": Partner,
    "periods_list": Sequence[Period],
    "providers_check": Sequence[ProviderCheck],
    "users_list": Sequence[User],
    "validators_list": Sequence[Validator],
    "wallets_list": Sequence[Wallet],
    "pnl": Sequence[PnlFigures],
    "lines": Sequence[CommissionLine],
    "allocation": Sequence[AllocationPart],
    "statements_list": Sequence[PayableStatement],
    "statements_show": StatementDocument,
    "statements_epochs": Sequence[StatementFigures],
    "statements_diff": StatementDifference,
    "statements_history": Sequence[StatementEvent],
    "disputes_list": Sequence[DisputeShape],
    "snapshots_list": Sequence[SnapshotShape],
    "warnings_list": Sequence[WarningShape],
    "snapshots_show": SnapshotShape,
    "snapshots_diff": SnapshotDifferences,
    "statements_show_epoch": StatementWithLines,
    "diff": ChangedPeriod,
    "archives_list": Sequence[ArchivedRange],
    "sql": SqlResult,
}
