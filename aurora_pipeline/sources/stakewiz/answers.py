"""Reading what Stakewiz answers about validators; nearly every field may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.reading import Node, parsed, reader
from aurora_pipeline.foundation.money import BPS_WHOLE
from aurora_pipeline.foundation.units import Bps, EpochNumber, Lamports
from aurora_pipeline.sources.solana.sol_text import lamports
from aurora_pipeline.store.payloads.answers import Answer

_PERCENT_BPS: Final = 100


@dataclass(frozen=True)
class StakewizEpoch:
    """The running epoch as Stakewiz sees it."""

    epoch: EpochNumber
    slot: int | None


@dataclass(frozen=True)
class StakewizValidator:
    """A validator's row; None where the row does not say."""

    vote_key: str
    identity_key: str | None
    name: str | None
    commission_bps: Bps | None
    mev_commission_bps: Bps | None
    """None also for validators that do not run Jito."""
    active_stake: Lamports | None
    """Lamports, from a JSON float in SOL: rounded to the lamport, because the float's last digits are noise."""
    delinquent: bool | None


@reader
def read_epoch_info(answer: Answer, provider: str) -> StakewizEpoch:
    """/epoch_info."""
    root = _root(answer, provider)
    slot = root.get("slot_height")
    return StakewizEpoch(EpochNumber(root["epoch"].whole()), None if slot is None else slot.whole())


@reader
def read_validators(answer: Answer, provider: str, epoch: EpochNumber) -> dict[str, StakewizValidator]:
    """/validators by vote key. Rows of another epoch are left out: such a validator is not known for this one."""
    validators: dict[str, StakewizValidator] = {}
    for row in _root(answer, provider).items():
        row_epoch = row.get("epoch")
        if row_epoch is not None and row_epoch.whole() != epoch:
            continue
        validator = _validator(row)
        if validator.vote_key in validators:
            row.refuse(f"validator {validator.vote_key} is listed twice")
        validators[validator.vote_key] = validator
    return validators


def _validator(row: Node) -> StakewizValidator:
    identity, name, commission = row.get("identity"), row.get("name"), row.get("commission")
    mev_commission, is_jito = row.get("jito_commission_bps"), row.get("is_jito")
    stake, delinquent = row.get("activated_stake"), row.get("delinquent")
    runs_jito = is_jito is None or is_jito.flag()
    told = mev_commission if runs_jito else None
    return StakewizValidator(
        vote_key=row["vote_identity"].text(),
        identity_key=None if identity is None else identity.text(),
        name=None if name is None or not name.value else name.text(),
        commission_bps=None if commission is None else Bps(min(commission.whole(0, 255) * _PERCENT_BPS, BPS_WHOLE)),
        mev_commission_bps=None if told is None else Bps(told.whole(0, BPS_WHOLE)),
        active_stake=None if stake is None else lamports(stake),
        delinquent=None if delinquent is None else delinquent.flag(),
    )


def _root(answer: Answer, provider: str) -> Node:
    root = parsed(answer, provider)
    if answer.status != 200:
        root.refuse(f"HTTP {answer.status} instead of 200")
    if isinstance(root.value, dict) and "message" in root.value:
        root.refuse(f"the server reports: {str(root.value['message'])[:200]}")
    return root
