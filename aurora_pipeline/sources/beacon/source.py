"""The kind beacon_api: a node of the chain's consensus layer."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.amounts import too_much_paid, too_much_staked
from aurora_pipeline.sources.beacon.answers.chain import read_finalized
from aurora_pipeline.sources.beacon.ask import BeaconApi
from aurora_pipeline.sources.beacon.known_fields import KNOWN_FIELDS
from aurora_pipeline.sources.beacon.ledger import ids_asked
from aurora_pipeline.sources.beacon.proposals import proposals
from aurora_pipeline.sources.beacon.tells import balances, meta, positions
from aurora_pipeline.sources.contract import Alive, NamesValidators, Source, Tells

BEACON_API: Final = Source(
    BeaconApi,
    Tells(balances=balances, meta=meta, positions=positions),
    Alive(questions.finality(), lambda answer, provider: read_finalized(answer, provider).epoch),
    too_much_paid,
    too_much_staked,
    proposals=proposals,
    names_validators=NamesValidators(questions.END, ids_asked),
    known_fields=KNOWN_FIELDS,
)
