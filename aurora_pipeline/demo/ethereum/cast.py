"""Who is on the simulated Ethereum chain: validators and their owners, the addresses of all, builders and relays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.protocol import GWEI_PER_ETH, MIN_ACTIVATION_BALANCE

_RIVERS = (
    *("Isar", "Loire", "Ebro", "Vistula", "Drava", "Tagus", "Meuse", "Oder", "Aare", "Inn", "Saône", "Tisza"),
    *("Garonne", "Neckar", "Elbe", "Douro", "Prut", "Sava", "Moselle", "Enns", "Arno", "Rhône", "Lech", "Po"),
)
_CLIENTS = ("northwind", "halcyon", "meridian")
_OPERATOR_FEES_BPS = (1_000, 750, 1_250)
BUILDERS = ("titan-demo", "beaver-demo")
RELAYS = ("relay-a", "relay-b")
_RECIPIENTS = 3


@dataclass(frozen=True)
class Validator:
    """One validator as it came: at genesis, or by a deposit later."""

    index: int
    name: str
    pubkey: str
    is_operated: bool
    client: str | None
    """Who owns it, where the operator runs it for somebody."""
    operator_fee_bps: int | None
    withdrawal_address: str
    fee_recipient: str
    is_compounding: bool
    """Whether its credentials began as 0x02."""
    genesis_balance: int
    """In gwei; 0 for one that came later."""


class EthereumCast:
    """The validators and accounts of a simulated chain."""

    def __init__(self, parameters: EthereumParameters) -> None:
        self.parameters = parameters
        count = parameters.validators + parameters.strangers
        self.genesis = [self._validator(index, index < parameters.validators) for index in range(count)]
        self.joining = self._validator(count, is_operated=True, comes_later=True)
        """The validator that the operator adds by a deposit."""

    @cached_property
    def operated(self) -> list[Validator]:
        """Whom the operator runs, the one that joins later last."""
        return [*self.genesis[: self.parameters.validators], self.joining]

    @cached_property
    def by_index(self) -> dict[int, Validator]:
        return {validator.index: validator for validator in [*self.genesis, self.joining]}

    @cached_property
    def index_by_pubkey(self) -> dict[str, int]:
        return {validator.pubkey: validator.index for validator in [*self.genesis, self.joining]}

    def client_address(self, client: str) -> str:
        """The wallet a client's validators withdraw to."""
        return self.parameters.address("client", client)

    @property
    def clients(self) -> tuple[str, ...]:
        return _CLIENTS

    @cached_property
    def operator_wallet(self) -> str:
        """Where the operator's own validators withdraw to."""
        return self.parameters.address("operator", "withdrawals")

    @cached_property
    def treasury(self) -> str:
        """An address of the operator that no validator has registered as its fee recipient."""
        return self.parameters.address("operator", "treasury")

    @cached_property
    def operator_recipients(self) -> list[str]:
        """The fee recipients that the operator's validators register."""
        return [self.parameters.address("operator", "fees", number) for number in range(_RECIPIENTS)]

    def builder(self, name: str) -> str:
        return self.parameters.address("builder", name)

    def _validator(self, index: int, is_operated: bool, comes_later: bool = False) -> Validator:
        parameters = self.parameters
        # The story's own validators are the operator's; of the later ones every fourth belongs to a client.
        is_client = is_operated and not comes_later and index % 4 == 2 and index > 8
        client = _CLIENTS[index // 4 % len(_CLIENTS)] if is_client else None
        is_compounding = index % 8 in (1, 5, 7) and not comes_later
        return Validator(
            index=index,
            name=self._name(index, is_operated),
            pubkey=parameters.hex("pubkey", index, size=48),
            is_operated=is_operated,
            client=client,
            operator_fee_bps=None if client is None else _OPERATOR_FEES_BPS[index // 4 % len(_OPERATOR_FEES_BPS)],
            withdrawal_address=self._withdrawal_address(index, is_operated, client),
            fee_recipient=(
                self.operator_recipients[index % _RECIPIENTS]
                if is_operated
                else parameters.address("stranger", index // 4, "fees")
            ),
            is_compounding=is_compounding,
            genesis_balance=0 if comes_later else self._genesis_balance(index, is_compounding),
        )

    def _withdrawal_address(self, index: int, is_operated: bool, client: str | None) -> str:
        if client is not None:
            return self.client_address(client)
        return self.operator_wallet if is_operated else self.parameters.address("stranger", index // 4, "wallet")

    def _name(self, index: int, is_operated: bool) -> str:
        if not is_operated:
            return f"Stranger {index - self.parameters.validators + 1}"
        river = _RIVERS[index % len(_RIVERS)]
        return f"Aurora {river}" if index < len(_RIVERS) else f"Aurora {river} {index // len(_RIVERS) + 1}"

    def _genesis_balance(self, index: int, is_compounding: bool) -> int:
        """At least 32 ETH; some have more, which a sweep takes or compounding keeps."""
        extra = self.parameters.draw(5_000_000, "genesis balance", index)
        if not is_compounding:
            return MIN_ACTIVATION_BALANCE + (extra if index % 3 == 0 else 0)
        return MIN_ACTIVATION_BALANCE + (8 + self.parameters.draw(57, "stake", index)) * GWEI_PER_ETH + extra
