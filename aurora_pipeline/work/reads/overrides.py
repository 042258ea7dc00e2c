"""What is paid instead of what was computed, and whether that still holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.agreements.overrides import recorded_overrides
from aurora_pipeline.agreements.units import ChainUnits, chain_units
from aurora_pipeline.commissions.targets import Judged, judge, line_id_of
from aurora_pipeline.config.errors import ChainUnknown
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.json_form import Amount, amount


@dataclass(frozen=True)
class Override:
    """What is paid instead of what was computed."""

    target: str
    name: str
    line_id: str | None
    agreement_id: str
    rule_key: str
    chain_id: str
    epoch: int
    period: str
    validator_key: str | None
    wallet_address: str | None
    revision: int
    amount: Amount | None
    computed_seen: Amount | None
    computed: Amount | None
    standing: str
    reason: str
    recorded_by: str
    recorded_at: datetime


def overrides(connection: Connection, chain_id: str | None = None, epoch: EpochNumber | None = None) -> list[Override]:
    """Every override, or those of a chain or an epoch, each with what is computed now."""
    units = chain_units(connection)
    if chain_id is not None and chain_id not in units:
        raise ChainUnknown(f"there is no chain {chain_id!r}", did_you_mean(chain_id, units, "chain"))
    judged = judge(connection, recorded_overrides(connection, chain_id, epoch))
    return [_told(item, units[item.override.target.chain_id]) for item in judged]


def _told(item: Judged, units: ChainUnits) -> Override:
    recorded, target, unit = item.override, item.override.target, units.base_unit
    return Override(
        target=target.target,
        name=target.name,
        line_id=line_id_of(target),
        agreement_id=target.agreement_id,
        rule_key=target.rule_key,
        chain_id=target.chain_id,
        epoch=target.epoch,
        period=str(PeriodKey(target.chain_id, target.epoch)),
        validator_key=target.validator_key or None,
        wallet_address=target.wallet_address or None,
        revision=recorded.revision,
        amount=amount(recorded.amount, unit),
        computed_seen=amount(recorded.computed_seen, unit),
        computed=amount(item.computed, unit),
        standing=item.standing,
        reason=recorded.reason,
        recorded_by=recorded.recorded_by,
        recorded_at=datetime.fromisoformat(recorded.recorded_at),
    )
