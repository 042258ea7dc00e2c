"""The draft of partner_commission_statements: one EPOCH statement per partner, from the period's published lines."""

from __future__ import annotations

from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.periods.record import load_period
from aurora_pipeline.statements.assemble import epoch_statements
from aurora_pipeline.statements.blocking import owners
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.published import load_published, stored_rows


def draft_statements(configuration: Configuration, connection: Connection, key: PeriodKey) -> Draft:
    """Statements from the published lines of the period."""
    period = load_period(connection, key)
    lines = load_published(connection, PARTNER_COMMISSION_LINES, key)
    terms = terms_in_force(connection, key.chain_id, period.last_instant, epoch=key.epoch)
    whose, read = owners(connection, terms)
    salted = stored_rows(connection, PARTNER_COMMISSION_LINES, lines.snapshot_id)
    result = epoch_statements(period, salted, terms, whose)
    return Draft(
        PARTNER_COMMISSION_STATEMENTS,
        key,
        result.frame,
        (lines.as_input, period.as_input, *terms.inputs, *read),
        result.completeness,
        result.grounds,
        result.warnings,
    )
