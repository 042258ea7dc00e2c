"""The questions a beacon node is asked: pure builders of requests. Equal questions have equal bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon.answers.blocks import read_block
from aurora_pipeline.sources.beacon.answers.chain import read_finalized, read_genesis, read_spec, read_syncing
from aurora_pipeline.sources.beacon.answers.duties import read_duties, read_lookahead
from aurora_pipeline.sources.beacon.answers.headers import read_header
from aurora_pipeline.sources.beacon.answers.pending import read_pending_consolidations, read_pending_deposits
from aurora_pipeline.sources.beacon.answers.rewards import (
    read_attestation_rewards,
    read_block_rewards,
    read_sync_committee,
    read_sync_rewards,
)
from aurora_pipeline.sources.beacon.answers.validators import read_validators

GENESIS: Final = "genesis"
"""The kind of question that tells which network it is."""
SPEC: Final = "spec"
HEADER: Final = "header"
"""The kind of questions about blocks without their bodies."""
BLOCK: Final = "block"
"""The kind of questions about whole blocks."""
START: Final = "validators at the start"
"""The kind of questions about the state before a window's first slot."""
END: Final = "validators at the end"
"""The kind of questions about the state after a window's last slot."""
KEYS: Final = "public keys of validators"
MOVED: Final = "validators whose balance is moved"
"""The kind of questions about others' validators, from which balance came."""
ATTESTATIONS: Final = "attestation rewards"
BLOCK_REWARDS: Final = "block rewards"
SYNC_COMMITTEE: Final = "sync committee"
SYNC_REWARDS: Final = "sync rewards"
DUTIES: Final = "proposer duties"
LOOKAHEAD: Final = "proposer lookahead"
DEPOSITS_START: Final = "pending deposits at the start"
DEPOSITS_END: Final = "pending deposits at the end"
CONSOLIDATIONS_START: Final = "pending consolidations at the start"
CONSOLIDATIONS_END: Final = "pending consolidations at the end"
MAY_FAIL: Final = frozenset((500, 501))
"""With these some clients say that they do not have, or no longer have, what was asked for."""

Accepts = Callable[[Answer], bool]


def settles(read: Callable[[Answer, str], object]) -> Accepts:
    """An answer settles its question where it reads as one; errors and garbage are asked again."""

    def accepts(answer: Answer) -> bool:
        try:
            read(answer, "")
        except UnreadableAnswer:
            return False
        return True

    return accepts


def genesis(network: str | None = None) -> Question:
    """Which network it is, and when it began; a stored answer of another network serves nobody."""

    def of_network(answer: Answer, provider: str) -> None:
        if read_genesis(answer, provider).network != (network or read_genesis(answer, provider).network):
            raise UnreadableAnswer(provider, answer.request_key, "of another network")

    return Question("genesis", "/eth/v1/beacon/genesis", accepts=settles(of_network), kind=GENESIS)


def spec() -> Question:
    """How long slots and epochs are."""
    return Question("spec", "/eth/v1/config/spec", accepts=settles(read_spec), kind=SPEC)


def syncing() -> Question:
    """Whether the node is at the chain's head."""

    def at_the_head(answer: Answer, provider: str) -> None:
        told = read_syncing(answer, provider)
        if told.problem is not None:
            raise UnreadableAnswer(provider, answer.request_key, told.problem)

    return Question("syncing", "/eth/v1/node/syncing", accepts=settles(at_the_head), kind="syncing")


def finality(least: EpochNumber | None = None) -> Question:
    """What is final at the head; a stored answer serves again only where it reaches as far as is needed."""

    def far_enough(answer: Answer, provider: str) -> None:
        if least is not None and read_finalized(answer, provider).epoch < least:
            raise UnreadableAnswer(provider, answer.request_key, "too early")

    path = "/eth/v1/beacon/states/head/finality_checkpoints"
    return Question("finality", path, accepts=settles(far_enough), kind="finality")


def header(slot: int) -> Question:
    """The header of a slot's block, if it has one."""
    return Question(f"header {slot}", f"/eth/v1/beacon/headers/{slot}", accepts=settles(read_header), kind=HEADER)


def block(slot: int) -> Question:
    """The block of a slot, if it has one."""
    return Question(f"block {slot}", f"/eth/v2/beacon/blocks/{slot}", accepts=settles(read_block), kind=BLOCK)


def validators(state: str, ids: Sequence[str], kind: str) -> Question:
    """Some validators, by public key or index, in a state: that after a slot, or the finalized one."""
    return Question(
        f"{kind}: {_named(ids)} in state {state}",
        f"/eth/v1/beacon/states/{state}/validators",
        {"ids": list(ids), "statuses": []},
        accepts=settles(read_validators),
        kind=kind,
    )


def validators_by_get(state: str, ids: Sequence[str], kind: str) -> Question:
    """The same of a node that takes no POST: fewer at once, and each named by a parameter of its own."""
    return Question(
        f"{kind}: {_named(ids)} in state {state} by GET",
        f"/eth/v1/beacon/states/{state}/validators",
        query={"id": tuple(ids)},
        accepts=settles(read_validators),
        kind=kind,
    )


def attestation_rewards(epoch: EpochNumber, indices: Sequence[str]) -> Question:
    """What attestations of an epoch earned and cost."""
    return Question(
        f"attestation rewards {epoch}: {_named(indices)}",
        f"/eth/v1/beacon/rewards/attestations/{epoch}",
        list(indices),
        accepts=settles(read_attestation_rewards),
        kind=ATTESTATIONS,
    )


def block_rewards(slot: int) -> Question:
    """What a block's proposer earned on the consensus layer."""
    path = f"/eth/v1/beacon/rewards/blocks/{slot}"
    return Question(f"block rewards {slot}", path, accepts=settles(read_block_rewards), kind=BLOCK_REWARDS)


def sync_committee(slot: int, epoch: EpochNumber) -> Question:
    """Who sits in the sync committee of an epoch; old clients may not say."""
    return Question(
        f"sync committee {epoch}",
        f"/eth/v1/beacon/states/{slot}/sync_committees",
        query={"epoch": epoch},
        accepts=settles(read_sync_committee),
        kind=SYNC_COMMITTEE,
        final_statuses=MAY_FAIL,
    )


def sync_rewards(slot: int, indices: Sequence[str]) -> Question:
    """What members of the sync committee earned in a slot."""
    return Question(
        f"sync rewards {slot}: {_named(indices)}",
        f"/eth/v1/beacon/rewards/sync_committee/{slot}",
        list(indices),
        accepts=settles(read_sync_rewards),
        kind=SYNC_REWARDS,
    )


def proposer_duties(epoch: EpochNumber) -> Question:
    """Who had to propose in an epoch; many nodes forget that soon, and some answer with an error of theirs."""
    path = f"/eth/v1/validator/duties/proposer/{epoch}"
    return Question(
        f"proposer duties {epoch}", path, accepts=settles(read_duties), kind=DUTIES, final_statuses=MAY_FAIL
    )


def proposer_lookahead(slot: int) -> Question:
    """Who has to propose in a state's epoch and in those after it that are decided: states tell it since Fulu."""
    path = f"/eth/v1/beacon/states/{slot}/proposer_lookahead"
    return Question(
        f"proposer lookahead {slot}", path, accepts=settles(read_lookahead), kind=LOOKAHEAD, final_statuses=MAY_FAIL
    )


def pending_deposits(slot: int, kind: str) -> Question:
    """Deposits that are not credited yet in the state after a slot."""
    path = f"/eth/v1/beacon/states/{slot}/pending_deposits"
    return Question(f"{kind} {slot}", path, accepts=settles(read_pending_deposits), kind=kind, final_statuses=MAY_FAIL)


def pending_consolidations(slot: int, kind: str) -> Question:
    """Balances that are going to move in the state after a slot."""
    path = f"/eth/v1/beacon/states/{slot}/pending_consolidations"
    return Question(
        f"{kind} {slot}", path, accepts=settles(read_pending_consolidations), kind=kind, final_statuses=MAY_FAIL
    )


def _named(ids: Sequence[str]) -> str:
    # They are named by a hash: thousands of them are too long for a key that is indexed.
    return f"{len(ids)} validators {hashlib.sha256(' '.join(ids).encode()).hexdigest()[:32]}"
