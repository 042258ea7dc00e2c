"""Which values of a bundle are changed before it is signed again, and to what: what could stand there as well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from aurora_pipeline.store.column_rules import OneOf
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline_tests.proof.bundle.resigning import LETTERS, Place

TABLES = {
    "statement": "monthly_statements",
    "previous": "monthly_statements",
    "entries": "monthly_statement_entries",
    "epochs": "partner_commission_statements",
    "lines": "partner_commission_lines",
    "rules": "commission_rule_results",
}
"""The tables of lists that have another name."""
_DECLARED = {table.name: {column.name: column for column in table.columns} for table in ALL_TABLES}
_WORDS = {
    ("about", "kind"): ("MONTH", "EPOCH"),
    ("snapshots", "completeness"): ("FINAL", "PARTIAL"),
    ("snapshots", "version"): ("1", "2", "3"),
    ("cells", "kind"): ("COMPONENT", "COSTS", "TOTAL", "WALLET"),
    ("cells", "name"): ("ACTIVE_STAKE", "STAKER_REWARDS", "MEV_TIPS"),
    ("cells", "state"): ("final", "partial", "pending"),
    ("inputs", "kind"): ("snapshot", "decision", "period", "fetch"),
    ("trees", "kind"): ("content", "inputs", "cells", "log"),
}
_NULLABLE = {
    "cells": {"amount", "state"},
    "snapshots": {"inputs_root", "cells_root", "evidence"},
    "fetches": {"reason"},
}


def cases_of(files: Mapping[str, bytes], rows: int) -> Iterator[tuple[Place, Any]]:
    """Of so many rows of each list, from its beginning and its end, each field and what it could be as well."""
    for file in sorted(name for name in files if name.endswith(".json") and name != "manifest.json"):
        for name, told in json.loads(files[file]).items():
            every = list(enumerate(told if isinstance(told, list) else [told]))
            some = every if len(every) <= rows else [*every[: rows - rows // 2], *every[-(rows // 2) :]][:rows]
            for at, row in some:
                for field, value in row.items():
                    for one in others(name, field, value):
                        yield Place(file, name, at, field), one


def others(name: str, field: str, value: Any) -> Iterator[Any]:
    """Other values of the kind that a field has; and null, where it may be null."""
    letter = LETTERS[name][field]
    column = _DECLARED.get(TABLES.get(name, name), {}).get(field)
    words = next((rule.values for rule in column.rules if isinstance(rule, OneOf)), ()) if column else ()
    words = words or _WORDS.get((name, field), ())
    if value is not None and (column.nullable if column else field in _NULLABLE.get(name, ())):
        yield None
    if letter == "l":
        yield [*value[:-1], _text(value[-1])] if value else ["00" * 32]
    elif letter == "b":
        yield not value
    elif words:
        yield from [word for word in words if word != value][:2]
    elif letter == "i":
        yield "1" if value is None else str(int(value) + 1)
        if value not in (None, "0"):
            yield "0"
    elif letter == "z":
        yield from (f"{year}-01-01T00:00:00.000000Z" for year in ("2020", "2031"))
        if value is not None:
            yield f"{value[:-2]}{'1' if value[-2] != '1' else '2'}Z"
    else:
        yield "x" if value is None else _text(value)


def _text(value: str) -> str:
    """Another text of the same form: an id, a digest, a period, a name."""
    if re.fullmatch("[0-9a-f]{32,64}", value) or re.fullmatch("[0-9a-f-]{36}", value):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    if re.fullmatch("[0-9]{7}", value):
        return f"{int(value) - 1:07d}"
    if re.fullmatch("[0-9]{4}-[0-9]{2}", value):
        return f"{value[:5]}{'01' if value[5:] != '01' else '02'}"
    return f"{value}x"


UNDETERMINED = {
    "about": {"native_unit native_decimals base_unit": "they are for people who read amounts"},
    "statement entries epochs previous lines rules": {"reason": "words for people"},
    "statement entries epochs previous lines rules inputs cells withheld": {
        "salt": "chance, by which nobody can guess a hidden row from its hash"
    },
    "entries": {
        "agreement_version cause disputed_on": "why a line of an earlier period moved: the statement and the dispute"
        " that it was in are not here"
    },
    "previous": {
        "partner_name minimum_payout line_count started_at ended_at lines_digest entries_digest": "what that statement"
        " rests on is in the bundle of that statement"
    },
    "partner_series partner_minimum_payouts agreement_events": {
        "effective_from": "only whether it lies before the end of a period, or the start of a month, decides anything"
    },
    "partner_series": {"payable_series": "a later change counts where there is one"},
    "partner_minimum_payouts": {"minimum_payout": "as above"},
    "agreement_events": {"status": "as above"},
    "partner_wallets": {"ended_at": "only whether it lies before the end of a period decides anything"},
    "agreement_versions": {
        "valid_from valid_until": "as above",
        "corrects": "the higher version counts, whichever it corrects",
    },
    "agreement_rules": {"chain_id validator_key stacks": "only which validators it pays for decides anything"},
    "agreement_rule_tiers": {"up_to rate_bps": "only where an amount reaches the tier it decides anything"},
    "commission_overrides": {"computed_seen": "what somebody saw who decided it"},
    "statement_openings": {"paid_through evidence evidence_hash": "what the balance was taken over from is not here"},
    "periods": {
        "first_slot last_slot first_block_slot last_block_slot": "the chain's own bounds: only their order shows"
    },
    "snapshots": {
        "version": "it only says which columns a row has",
        "completeness": "rows of others may be open; that a row which is shown is open shows",
        "content_digest lineage_digest record cells_root": "hashes over what is hidden",
        "sequence published_at snapshot_id publication evidence previous_hash": "the place among others': only their"
        " order, and the hash of the one just before, shows",
    },
    "inputs cells withheld": {"index": "the place among what is hidden: only the order shows"},
    "withheld": {"leaf": "the hash of a line with the reason that is withheld"},
    "trees": {"size": "of the log: how long it is", "hashes": "what is hidden"},
    "consistency": {"size": "which earlier heads of the log it tells of"},
    "fetches": {"kind state verdict reason": "what was asked, and how the answers were judged, is in the fetch alone"},
    "answers": {"request_key question request status": "as above"},
}
"""Columns of which a value can be another one, and nothing else in the bundle contradicts it: by lists, and why."""


def is_undetermined(name: str, field: str) -> bool:
    """Whether a column is one of those."""
    return any(name in lists.split() and field in fields.split() for lists, of in UNDETERMINED.items() for fields in of)
