"""What a period and its validators are to the pure functions: bounds, instants, and who was operated in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from aurora_pipeline.foundation.units import Bps, EpochNumber


@dataclass(frozen=True)
class OperatedValidator:
    """A validator the operator ran in the period, as registered at the period's last instant."""

    validator_key: str
    identity_key: str | None
    """The key that signs its blocks; null: not registered, so what needs it is unavailable."""
    name: str
    ownership: str
    operator_fee_bps: Bps | None = None
    former_identities: tuple[str, ...] = ()
    """Identities it had earlier in the period or in the one before, when this one's leaders were drawn up."""

    @property
    def identities(self) -> tuple[str, ...]:
        """Every identity it may have led slots or voted under in the period; none while none is known."""
        known = () if self.identity_key is None else (self.identity_key,)
        return tuple(dict.fromkeys((*known, *self.former_identities)))


@dataclass(frozen=True)
class Reference:
    """The frozen reference point of a computation: the period [started_at, ended_at) and its validators."""

    chain_id: str
    epoch: EpochNumber
    first_slot: int
    last_slot: int
    started_at: datetime
    ended_at: datetime
    validators: tuple[OperatedValidator, ...]

    def __post_init__(self) -> None:
        keys = [validator.validator_key for validator in self.validators]
        if len(set(keys)) < len(keys):
            raise ValueError(f"{self.chain_id}:{self.epoch} names a validator twice")
        if self.first_slot > self.last_slot or self.started_at >= self.ended_at:
            raise ValueError(f"{self.chain_id}:{self.epoch} ends before it begins")

    @property
    def last_instant(self) -> datetime:
        """The last instant before the period's end, at which wallets, versions and shares hold."""
        return self.ended_at - timedelta(microseconds=1)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The validators' keys, in order."""
        return tuple(validator.validator_key for validator in self.validators)

    @cached_property
    def operated(self) -> frozenset[str]:
        """The same, to look one up among ten thousands."""
        return frozenset(self.keys)

    @cached_property
    def _named_by(self) -> Mapping[str, Sequence[str]]:
        """The names of the validators that each identity stands for."""
        found: dict[str, list[str]] = defaultdict(list)
        for validator in self.validators:
            for identity in set(validator.identities):
                found[identity].append(validator.name)
        return found

    def identity_problem(self, validator: OperatedValidator) -> str | None:
        """Why what an identity led or paid is not the validator's alone; None where it is."""
        if not validator.identities:
            return "its identity is not known"
        for identity in validator.identities:
            sharing = self._named_by[identity]
            if len(sharing) > 1:
                return f"identity {identity} stands for several validators: {', '.join(sharing)}"
        return None

    def row(self, validator_key: str) -> dict[str, object]:
        """The columns every canonical row begins with."""
        return {"chain_id": self.chain_id, "epoch": self.epoch, "validator_key": validator_key}
