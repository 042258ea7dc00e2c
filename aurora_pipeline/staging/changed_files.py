"""Which of the operator's files are not what was staged any more: reading them again costs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from aurora_pipeline.asking.file_line import bytes_of, request_of
from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.provider import FILE_KIND, Provider
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.files.ask import question_about
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import request_text, said
from aurora_pipeline.store.payloads.fetches import FetchInForce, last_read


def changed_subjects(
    connection: Connection,
    providers: Sequence[Provider],
    chain_id: str,
    epoch: EpochNumber,
    role: str,
    stored_as: str,
    family: Family,
    in_force: Mapping[str, FetchInForce],
) -> frozenset[str]:
    """The subjects whose final fetch came from a file that has other bytes or another mapping now.

    Two more sorts belong to them: subjects that a later provider told after a file had retracted them, and subjects
    whose file was put back after a reading that did not serve. A file that is gone changes nothing: what it said is
    stored.
    """
    final = {subject: fetch for subject, fetch in in_force.items() if fetch.state is FigureState.FINAL}
    names = [provider.name for provider in providers]
    found: set[str] = set()
    for place, provider in enumerate(providers):
        if provider.kind != FILE_KIND or not final or (now := _as_of_now(provider, role, epoch, family)) is None:
            continue
        own = {name: one.payload_ids[0] for name, one in final.items() if one.provider == provider.name}
        told = [name for name, one in final.items() if one.provider in names[place:]]
        last = last_read(connection, chain_id, epoch, stored_as, provider.name, told)
        stored = said(connection, {*own.values(), *last.values()})
        found |= {subject for read in (own, last) for subject, number in read.items() if stored.get(number) != now}
    return frozenset(found)


def _as_of_now(provider: Provider, role: str, epoch: EpochNumber, family: Family) -> tuple[str, str] | None:
    """What would be asked of the provider's file now, and the hash of its bytes; None where there is none to read."""
    for table in provider.files:
        if table.data_type != role:
            continue
        question = question_about(table, epoch, family)
        try:
            return request_text(request_of(question)), sha256(bytes_of(provider, question.path)).hexdigest()
        except FileProblem:
            return None
    return None
