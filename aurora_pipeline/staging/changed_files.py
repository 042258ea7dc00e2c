"""Which of the operator's files are not what was staged any more: reading them again costs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256

from aurora_pipeline.asking.file_line import bytes_of, request_of
from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.config.provider import FILE_KIND, Provider
from aurora_pipeline.foundation.chain_family import Family
from aurora_pipeline.sources.files.ask import question_about
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import FetchInForce, request_text, said


def changed_subjects(
    connection: Connection,
    providers: Iterable[Provider],
    role: str,
    epoch: int,
    family: Family,
    in_force: Mapping[str, FetchInForce],
) -> frozenset[str]:
    """The subjects whose final fetch came from a file that has other bytes or another mapping now.

    A file that is gone changes nothing: what it said is stored.
    """
    by_provider: dict[str, dict[str, int]] = {}
    for subject, fetch in in_force.items():
        if fetch.state is FigureState.FINAL and fetch.payload_ids:
            by_provider.setdefault(fetch.provider, {})[subject] = fetch.payload_ids[0]
    found: set[str] = set()
    for provider in providers:
        if provider.name in by_provider and (now := _as_of_now(provider, role, epoch, family)) is not None:
            staged = by_provider[provider.name]
            stored = said(connection, set(staged.values()))
            found |= {subject for subject, number in staged.items() if stored.get(number) != now}
    return frozenset(found)


def _as_of_now(provider: Provider, role: str, epoch: int, family: Family) -> tuple[str, str] | None:
    """What would be asked of the provider's file now, and the hash of its bytes; None where there is none to read."""
    for table in provider.files if provider.kind == FILE_KIND else ():
        if table.data_type != role:
            continue
        question = question_about(table, epoch, family)
        try:
            return request_text(request_of(question)), sha256(bytes_of(provider, question.path)).hexdigest()
        except FileProblem:
            return None
    return None
