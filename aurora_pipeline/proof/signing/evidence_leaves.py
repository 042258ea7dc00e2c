"""The salted leaves of evidence: a snapshot's inputs, and the figures that partners may be shown of it. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import polars as pl

from aurora_pipeline.agreements.terms import PartnerWallet
from aurora_pipeline.commissions.attribution import Weights, attribute
from aurora_pipeline.commissions.revenue import revenues
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input, Value, encode_value
from aurora_pipeline.store.frames import FRAME_TYPES
from aurora_pipeline.store.merkle import merkle_root

EVIDENCE_SALT: Final = "aurora.evidence-salt.1"
INPUT_TAG: Final = "aurora.input.1"
CELL_TAG: Final = "aurora.cell.1"
LINE_TAG: Final = "aurora.line.1"
_WALLET_NAME: Final = "partner_wallets:"
_EVERYBODY: Final = ""


class ShownFigure(NamedTuple):
    """One figure that may be shown to a partner whose lines rest on it."""

    kind: str
    """COMPONENT and COSTS of a validator, TOTAL of its stake or rewards, or what a WALLET has of it."""
    validator_key: str
    name: str
    """The component, or by what wallets are weighed."""
    wallet_address: str
    amount: Amount | None
    state: str | None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is about; its order among others, and what its salt is made from."""
        return self.kind, self.validator_key, self.name, self.wallet_address


class SaltedLeaf(NamedTuple):
    """A leaf of a tree, and the salt that it begins with."""

    salt: str
    leaf: bytes


@dataclass(frozen=True)
class LinesBelow:
    """What lines were computed from, as the layers' stored rows."""

    pnl: pl.DataFrame
    positions: pl.DataFrame
    rewards: pl.DataFrame


def evidence_salt(secret: bytes, lineage_digest: str) -> str:
    """From which the salts of a snapshot's leaves are made."""
    return _salt(secret, EVIDENCE_SALT, lineage_digest)


def input_leaves(salt: str, inputs: Iterable[Input]) -> list[SaltedLeaf]:
    """The inputs of a snapshot as leaves, in their order."""
    key = bytes.fromhex(salt)
    return [_leaf(_salt(key, INPUT_TAG, *item), INPUT_TAG, *item) for item in inputs]


def cell_leaves(salt: str, cells: Iterable[ShownFigure]) -> list[SaltedLeaf]:
    """Figures as leaves, in their order."""
    key = bytes.fromhex(salt)
    return [_leaf(_salt(key, CELL_TAG, *cell.key), CELL_TAG, *cell) for cell in cells]


def withheld_leaves(salt: str, table: Table, lines: Iterable[Mapping[str, Any]]) -> list[SaltedLeaf]:
    """Held lines without their reasons, which name what others claim; they stand after the figures."""
    key = bytes.fromhex(salt)
    names = [column.name for column in table.digested if column.name != "reason"]
    return [_leaf(_salt(key, LINE_TAG, line["line_id"]), LINE_TAG, *(line[name] for name in names)) for line in lines]


def root_of(leaves: Iterable[SaltedLeaf]) -> str:
    """The Merkle root over salted leaves."""
    return merkle_root(one.leaf for one in leaves)


def cells(below: LinesBelow, inputs: Iterable[Input]) -> list[ShownFigure]:
    """Every figure of a period that a partner may be shown whose lines rest on it, in order."""
    wallets = [PartnerWallet(address, _EVERYBODY) for address in wallet_addresses(inputs)]
    weights = attribute(below.positions, below.rewards, wallets, with_rewards=True)
    found = [*_revenue_cells(below.pnl), *_weight_cells(weights.stake), *_weight_cells(weights.rewards)]
    return sorted(found, key=lambda cell: tuple(part.encode() for part in cell.key))


def wallet_addresses(inputs: Iterable[Input]) -> list[str]:
    """The wallets that lines were computed with, as their lineage names them."""
    named = (item.name.removeprefix(_WALLET_NAME) for item in inputs if item.name.startswith(_WALLET_NAME))
    return sorted({name.split("/")[1] for name in named})


def _revenue_cells(pnl: pl.DataFrame) -> Iterator[ShownFigure]:
    lacking = [column for column in VALIDATOR_PNL.columns if column.name not in pnl.columns]
    whole = pnl.with_columns(pl.lit(None, dtype=FRAME_TYPES[one.kind]).alias(one.name) for one in lacking)
    for one in revenues(whole):
        component = one.component.value
        yield ShownFigure("COMPONENT", one.validator_key, component, "", one.amount, one.state)
        yield ShownFigure("COSTS", one.validator_key, component, "", one.costs, None)


def _weight_cells(weights: Weights) -> Iterator[ShownFigure]:
    kind = weights.kind.value
    for validator_key, whole in weights.wholes.items():
        yield ShownFigure("TOTAL", validator_key, kind, "", whole, None)
        wallets, parts = weights.of(validator_key, _EVERYBODY)
        for wallet, part in zip(wallets, parts, strict=True):
            yield ShownFigure("WALLET", validator_key, kind, wallet, part, None)


def _salt(key: bytes, tag: str, *values: Value) -> str:
    return hmac.digest(key, _encoded(tag, *values), "sha256").hex()


def _leaf(salt: str, tag: str, *values: Value) -> SaltedLeaf:
    return SaltedLeaf(salt, _encoded(salt, tag, *values))


def _encoded(*values: Value) -> bytes:
    return b"".join(map(encode_value, values))
