"""Who is on the simulated chain: validators with their rates, the operator's wallet, its clients, the big pools."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.foundation.money import BPS_WHOLE

_STARS = (
    *("Vega", "Altair", "Deneb", "Sirius", "Rigel", "Spica", "Antares", "Capella", "Procyon", "Regulus", "Castor"),
    *("Pollux", "Mira", "Polaris", "Arcturus", "Bellatrix", "Mizar", "Alcor", "Hadar", "Electra", "Maia", "Merope"),
    *("Atlas", "Thuban"),
)
# Two cycles of different length, so that the pairs of rates differ from validator to validator.
_COMMISSION_BPS = (500, 0, 700, 1000, 10_000, 500, 950, 800)
_MEV_COMMISSION_BPS: tuple[int | None, ...] = (800, 0, 1000, 10_000, None, 500, 800)
_CLIENTS = (
    ("Northwind Treasury", ("northwind-1",)),
    ("Halcyon Fund", ("halcyon-1", "halcyon-2")),
    ("Meridian DAO", ("meridian-1",)),
    ("Lumen Labs", ("lumen-1",)),
)
_POOLS = ("Poolside", "Tidewater", "Glacier")
_SHARING_A_COLLECTOR = (2, 3)
_WITH_OWN_COLLECTOR = (5,)
_PRIORITY_FEE_COMMISSION_BPS = 5_000


@dataclass(frozen=True)
class Validator:
    """One validator of the cluster; rates and identity change between epochs, the vote account never does."""

    index: int
    name: str
    vote: str
    is_operated: bool
    has_mev_client: bool
    earns_tips: bool


@dataclass(frozen=True)
class Wallet:
    """A withdraw authority that somebody knows by name."""

    name: str
    owner: str
    role: str
    address: str


class Cast:
    """The people and machines of a simulated chain."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.validators = [self._validator(index) for index in range(parameters.cluster_size)]
        self.operated = self.validators[: parameters.validators]
        operator = Wallet("operator-treasury", "Aurora Operator", "operator", parameters.key("wallet", "operator"))
        clients = [
            Wallet(wallet, owner, "client", parameters.key("wallet", wallet))
            for owner, wallets in _CLIENTS
            for wallet in wallets
        ]
        pools = [Wallet(f"{pool}-pool", pool, "pool", parameters.key("wallet", pool)) for pool in _POOLS]
        self.wallets = [operator, *clients, *pools]

    def _validator(self, index: int) -> Validator:
        is_operated = index < self.parameters.validators
        if is_operated:
            star = _STARS[index % len(_STARS)]
            name = f"Aurora {star}" if index < len(_STARS) else f"Aurora {star} {index // len(_STARS) + 1}"
        else:
            name = f"Stranger {index - self.parameters.validators + 1}"
        return Validator(
            index=index,
            name=name,
            vote=self.parameters.key("vote", index),
            is_operated=is_operated,
            has_mev_client=_MEV_COMMISSION_BPS[index % len(_MEV_COMMISSION_BPS)] is not None,
            earns_tips=index % 9 != 5,
        )

    @property
    def networked(self) -> Validator:
        """The one of the operator's validators whose network costs something of its own."""
        return self.operated[2 % len(self.operated)]

    @property
    def operator_wallets(self) -> list[Wallet]:
        return [wallet for wallet in self.wallets if wallet.role == "operator"]

    @property
    def client_wallets(self) -> list[Wallet]:
        return [wallet for wallet in self.wallets if wallet.role == "client"]

    @cached_property
    def index_by_vote(self) -> dict[str, int]:
        return {validator.vote: validator.index for validator in self.validators}

    def identity_changed_in(self, index: int) -> int | None:
        """The epoch from whose first slot on the validator runs under its second identity."""
        changing = min(3, self.parameters.validators - 1)
        return self.parameters.first_epoch + 3 if index % 13 == changing else None

    def identity(self, index: int, epoch: int) -> str:
        """The key that signs its blocks; the last stranger's second vote account runs under its first one's."""
        if index == len(self.validators) - 1:
            return self.identity(index - 1, epoch)
        changed_in = self.identity_changed_in(index)
        return self.parameters.key("identity", index, int(changed_in is not None and epoch >= changed_in))

    def commission_bps(self, index: int, epoch: int) -> int:
        """The rate in the vote account throughout an epoch; some validators raise it once."""
        rate = _COMMISSION_BPS[index % len(_COMMISSION_BPS)]
        has_raised = index % 6 == 2 and epoch >= self.parameters.first_epoch + 2
        return min(rate + 100, BPS_WHOLE) if has_raised else rate

    def applied_commission_bps(self, index: int, epoch: int) -> int:
        """The rate an epoch's inflation rewards are split by: that of the beginning of the epoch before (SIMD-0249)."""
        return self.commission_bps(index, epoch - 1)

    def mev_commission_bps(self, index: int, epoch: int) -> int | None:
        """The rate in the epoch's tip distribution account; none without an MEV client."""
        rate = _MEV_COMMISSION_BPS[index % len(_MEV_COMMISSION_BPS)]
        if rate is None:
            return None
        has_raised = index % 7 == 0 and epoch >= self.parameters.first_epoch + 3
        return rate + 200 if has_raised else rate

    def collector(self, index: int) -> str:
        """Where the validator's inflation commission goes (SIMD-0232): its vote account unless it named another."""
        validator = self.validators[index]
        if validator.is_operated and index in _SHARING_A_COLLECTOR:
            return self.parameters.key("collector", "shared")
        if validator.is_operated and index in _WITH_OWN_COLLECTOR:
            return self.parameters.key("collector", index)
        return validator.vote

    @cached_property
    def validators_by_collector(self) -> dict[str, list[int]]:
        """Whose commission each collector receives."""
        found: dict[str, list[int]] = {}
        for validator in self.validators:
            found.setdefault(self.collector(validator.index), []).append(validator.index)
        return found

    def priority_fee_commission_bps(self, index: int) -> int:
        """What the validator keeps of its priority fees; the rest it transfers to its stakers through Jito."""
        is_sharing = index % 5 == 1 and self.validators[index].has_mev_client
        return _PRIORITY_FEE_COMMISSION_BPS if is_sharing else BPS_WHOLE

    def is_sloppy(self, index: int) -> bool:
        """Whether the validator skips more of its slots and misses more votes than the others."""
        return index % 8 == 6
