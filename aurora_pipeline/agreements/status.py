"""An agreement's status: which change may follow which, and from when on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aurora_pipeline.agreements.affected_periods import computed_already
from aurora_pipeline.agreements.effects import foresee
from aurora_pipeline.agreements.errors import StatusRefused
from aurora_pipeline.agreements.ledger import KnownAgreement, known_agreement, read_ledger
from aurora_pipeline.agreements.tables import AGREEMENT_EVENTS, AgreementStatus
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.foundation.csv_file import instant_text as day_text
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.digests import instant_text

FOLLOWS: Mapping[AgreementStatus, frozenset[AgreementStatus]] = {
    AgreementStatus.DRAFT: frozenset({AgreementStatus.ACTIVE, AgreementStatus.TERMINATED}),
    AgreementStatus.ACTIVE: frozenset({AgreementStatus.SUSPENDED, AgreementStatus.TERMINATED}),
    AgreementStatus.SUSPENDED: frozenset({AgreementStatus.ACTIVE, AgreementStatus.TERMINATED}),
    AgreementStatus.TERMINATED: frozenset(),
}
"""What may follow a status. Who was terminated comes back with an agreement of a new key."""

_VERBS = {
    AgreementStatus.ACTIVE: "activated",
    AgreementStatus.SUSPENDED: "suspended",
    AgreementStatus.TERMINATED: "terminated",
}


def change_status(
    database: Database, agreement_id: str, status: AgreementStatus, effective: datetime, actor: str, reason: str
) -> tuple[Change | None, list[str]]:
    """Record that an agreement has a status from an instant on; None where it has it already from that instant on.

    The warnings say what it could lead to and which finalized periods it reaches back over.
    """
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        known = known_agreement(read_ledger(connection), agreement_id)
        last = known.events[-1]
        if last.status is status and last.effective_from == effective:
            return None, []
        _check(known, status, effective)
        recording.require_reason()
        change = record_status(recording, known, status, effective)
        warnings = [
            warning
            for chain_id in known.chains(connection)
            for warning in computed_already(connection, chain_id, effective)
        ]
        if status is AgreementStatus.ACTIVE:
            warnings = list(dict.fromkeys([*foresee(connection, {agreement_id}), *warnings]))
        return change, warnings


def record_status(recording: Recording, known: KnownAgreement, status: AgreementStatus, effective: datetime) -> Change:
    """Append a status event that was checked."""
    last = known.events[-1]
    recording.write(
        AGREEMENT_EVENTS,
        {
            "agreement_id": known.agreement_id,
            "event_number": last.event_number + 1,
            "status": status,
            "effective_from": effective,
        },
    )
    before = {"status": last.status, "effective_from": instant_text(last.effective_from)}
    after = {"status": status, "effective_from": instant_text(effective)}
    words = [f"{status.value} from {day_text(effective)} on, {last.status} until then"]
    return recording.note(f"agreement/{known.agreement_id}", f"agreement.{_VERBS[status]}", before, after, words)


def _check(known: KnownAgreement, status: AgreementStatus, effective: datetime) -> None:
    last = known.events[-1]
    name, since = known.agreement_id, day_text(last.effective_from)
    if status not in FOLLOWS[last.status]:
        allowed = " or ".join(sorted(FOLLOWS[last.status]))
        remedy = f"from {last.status} it can become {allowed}" if allowed else "make an agreement of another key"
        raise StatusRefused(
            f'agreement "{name}" is {last.status} since {since} and cannot become {status}; nothing was written', remedy
        )
    first = known.versions[0].valid_from
    if status is AgreementStatus.ACTIVE and effective < first:
        raise StatusRefused(
            f'agreement "{name}" cannot be active from {day_text(effective)}: it has no terms before {day_text(first)}',
            f"give {day_text(first)} or a later day",
        )
    # A draft may be activated on the day its terms begin; any other change at the same instant would undo the last one.
    if effective < last.effective_from or (
        effective == last.effective_from and last.status is not AgreementStatus.DRAFT
    ):
        raise StatusRefused(
            f'agreement "{name}" is {last.status} since {since}: a change from {day_text(effective)} on would go back'
            " behind that; nothing was written",
            f"give a day after {since}",
        )
