"""What a validator was during the period, from a directory (Stakewiz) or from the chain's vote accounts as observed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.canonical.tables import META
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.fetch_choice import Once, answers_to, because, fetch_about, missing, unknown_kind
from aurora_pipeline.sources.files.layer_rows import meta_from_file, odd_in_files
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, listed, missing_rows, was_asked
from aurora_pipeline.sources.solana.answers import CommissionSource, read_vote_accounts
from aurora_pipeline.sources.solanabeach.tells import meta_from_solanabeach
from aurora_pipeline.sources.stakewiz.answers import StakewizValidator, read_validators
from aurora_pipeline.sources.trillium.tells import meta_from_trillium
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import Answer, StagedFetch

_EXPECTED = ("identity_key", "commission_bps", "active_stake")
"""Without one of these a row is PARTIAL; the others are not known by every provider."""

MetaReader = Callable[[Reference, str, StagedFetch, Once], Row]


def canonical_meta(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """One row per operated validator, as observed while the period ran."""
    once = Once()
    rows = [_row(reference, validator, fetches, once) for validator in reference.validators]
    return layer_result(
        META,
        rows,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        violations=missing_rows(META, reference.keys, rows),
        warnings=[
            *_changed_identities(reference, rows),
            *_shared_identities(reference, fetches, once),
            *odd_in_files(reference, fetches, DataType.META),
        ],
    )


def _row(reference: Reference, validator: OperatedValidator, fetches: Sequence[StagedFetch], once: Once) -> Row:
    row = reference.row(validator.validator_key)
    fetch = fetch_about(fetches, validator.validator_key)
    if fetch is None:
        return row | missing(None).columns
    row["source_fetch"] = fetch.fetch_id
    reader = _READERS.get(fetch.kind)
    if reader is None:
        return row | unknown_kind(fetch, _READERS).columns
    row |= reader(reference, validator.validator_key, fetch, once)
    if "state" not in row:
        lacking = [name for name in _EXPECTED if row[name] is None]
        row["state"] = (FigureState.PARTIAL if lacking else FigureState.FINAL).value
        row["reason"] = f"{fetch.provider} did not say: {', '.join(lacking)}" if lacking else None
    return row


@cache
def _reader_of(epoch: int) -> Callable[[Answer, str], dict[str, StakewizValidator]]:
    """One reader per epoch, so that a list is read once and not once per validator."""
    return lambda answer, provider: read_validators(answer, provider, epoch)


def _from_stakewiz(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> Row:
    problems: list[str] = []
    for answer in fetch.answers:
        if str(answer.request.get("path", "")).strip("/") != "validators":
            continue
        validators = once.read(_reader_of(reference.epoch), answer, fetch.provider)
        if isinstance(validators, UnreadableAnswer):
            problems.append(validators.problem)
        elif key in validators:
            seen = validators[key]
            return {
                "identity_key": seen.identity_key,
                "name": seen.name,
                "commission_bps": seen.commission_bps,
                # A percent, whatever the source of it knew.
                "commission_source": None if seen.commission_bps is None else CommissionSource.PERCENT.value,
                "mev_commission_bps": seen.mev_commission_bps,
                "active_stake": seen.active_stake,
                "delinquent": seen.delinquent,
            }
    return missing(fetch, f"{fetch.provider} lists no such validator in this epoch{because(problems)}").columns


def _from_solana_rpc(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> Row:
    problems: list[str] = []
    for answer in answers_to(fetch.answers, "getVoteAccounts"):
        accounts = once.read(read_vote_accounts, answer, fetch.provider)
        if isinstance(accounts, UnreadableAnswer):
            problems.append(accounts.problem)
        elif key in accounts:
            seen = accounts[key]
            return {
                "identity_key": seen.identity_key,
                "commission_bps": seen.commission_bps,
                "commission_source": seen.commission_source.value,
                "active_stake": seen.active_stake,
                "delinquent": seen.delinquent,
            }
    return missing(fetch, f"{fetch.provider} lists no such vote account{because(problems)}").columns


_READERS: dict[str, MetaReader] = {
    "stakewiz": _from_stakewiz,
    "solana_rpc": _from_solana_rpc,
    "solanabeach": meta_from_solanabeach,
    "trillium": meta_from_trillium,
    "file": meta_from_file,
}


def _changed_identities(reference: Reference, rows: Sequence[Row]) -> list[str]:
    """Validators seen under another identity than the one their slots and votes are looked up by."""
    used = {validator.validator_key: validator.identities for validator in reference.validators}
    return [
        f"{row['validator_key']}: seen under identity {row['identity_key']}, but its slots and votes are looked up"
        f" under {', '.join(used[row['validator_key']])}"
        for row in rows
        if row.get("identity_key")
        and used[row["validator_key"]]
        and row["identity_key"] not in used[row["validator_key"]]
    ]


def _shared_identities(reference: Reference, fetches: Sequence[StagedFetch], once: Once) -> list[str]:
    """Identities of operated validators under which other vote accounts have stake, too: they lead slots as well."""
    told = []
    for fetch in fetches:
        for answer in answers_to(fetch.answers, "getVoteAccounts"):
            accounts = once.read(read_vote_accounts, answer, fetch.provider)
            if isinstance(accounts, UnreadableAnswer):
                continue
            for key in reference.keys:
                identity = accounts[key].identity_key if key in accounts else None
                others = [
                    other.vote_key
                    for other in accounts.values()
                    if other.identity_key == identity and other.vote_key != key and other.active_stake
                ]
                if others:
                    told.append(
                        f"{key}: its identity {identity} also runs {listed(others)}; what that identity led is counted"
                        " as this validator's"
                    )
    return told
