"""Every table of Aurora, listed by name in the order in which they are created."""

from __future__ import annotations

from aurora_pipeline.agreements.tables import AGREEMENT_TABLES
from aurora_pipeline.canonical.balance_tables import OF_SOME_FAMILIES
from aurora_pipeline.canonical.tables import CANONICAL_TABLES
from aurora_pipeline.commissions.tables import COMMISSION_TABLES
from aurora_pipeline.config.families.traits import FamilyTraits
from aurora_pipeline.decisions.gate_tables import GATE_TABLES
from aurora_pipeline.decisions.range_tables import RANGE_TABLES
from aurora_pipeline.decisions.tables import DECISION_TABLES
from aurora_pipeline.instance.alert_tables import ALERT_TABLES
from aurora_pipeline.instance.tables import INSTANCE_TABLES
from aurora_pipeline.periods.tables import PERIOD_TABLES
from aurora_pipeline.pnl.tables import PNL_TABLES
from aurora_pipeline.registry.tables import REGISTRY_TABLES
from aurora_pipeline.signed_log.tables import SIGNED_LOG_TABLES
from aurora_pipeline.statements.decided import STATEMENT_DECISIONS
from aurora_pipeline.statements.released import RELEASED_TABLES
from aurora_pipeline.statements.tables import STATEMENT_TABLES
from aurora_pipeline.store.declaration import Table, TableKind
from aurora_pipeline.store.evidence import EVIDENCE_TABLES
from aurora_pipeline.store.payloads.tables import PAYLOAD_TABLES
from aurora_pipeline.store.ranges import PERIOD_RANGES
from aurora_pipeline.store.tables import STORE_TABLES

ALL_TABLES: tuple[Table, ...] = (
    *STORE_TABLES,
    PERIOD_RANGES,
    *DECISION_TABLES,
    *PAYLOAD_TABLES,
    *INSTANCE_TABLES,
    *PERIOD_TABLES,
    *REGISTRY_TABLES,
    *CANONICAL_TABLES,
    *PNL_TABLES,
    *AGREEMENT_TABLES,
    *COMMISSION_TABLES,
    *STATEMENT_TABLES,
    *STATEMENT_DECISIONS,
    *RELEASED_TABLES,
    *EVIDENCE_TABLES,
    *SIGNED_LOG_TABLES,
    *GATE_TABLES,
    *RANGE_TABLES,
    *ALERT_TABLES,
)

LAYER_TABLES: tuple[Table, ...] = tuple(table for table in ALL_TABLES if table.kind is TableKind.LAYER)
PERIOD_LAYER_TABLES: tuple[Table, ...] = tuple(table for table in LAYER_TABLES if not table.is_monthly)
"""Those of periods; some are of the chains of some families only."""


def layer_tables_of(traits: FamilyTraits) -> tuple[Table, ...]:
    """The layers that every period of a family's chains has."""
    return tuple(
        one for one in PERIOD_LAYER_TABLES if one.name not in OF_SOME_FAMILIES or OF_SOME_FAMILIES[one.name](traits)
    )
