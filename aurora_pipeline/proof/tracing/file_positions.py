"""Where in the operator's own files a figure stands: file, sheet, rows and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.provider import FILE_KIND
from aurora_pipeline.foundation.listing import listed as shown
from aurora_pipeline.registry.validators import registered_validators
from aurora_pipeline.sources.files.answers import read_listed
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.payloads.answers import Answer, answers_by_id

_ROWS_SHOWN: Final = 5
_WHOSE: Final = ("validator", "identity", "epoch")


def place_in_file(connection: Connection, fetch_id: int | None, validator_key: str) -> str | None:
    """Where the file of a fetch tells about a validator, in words; None where the fetch is of no file."""
    row = connection.execute(
        """SELECT chain_id, data_type, provider, payload_ids FROM staging_fetches WHERE fetch_id = %s AND kind = %s
           AND cardinality(payload_ids) > 0""",
        [fetch_id, FILE_KIND],
    ).fetchone()
    if row is None:
        return None
    answer = answers_by_id(connection, row["payload_ids"][:1]).get(row["payload_ids"][0])
    if answer is None:
        return None
    try:
        # A cross-checker's data type has its name behind an @.
        listed = read_listed(answer, row["provider"], row["data_type"].partition("@")[0])
    except UnreadableAnswer as error:
        return f"{file_name(answer.request)} can't be read: {error.problem}"
    names = [
        one["identity_key"]
        for one in registered_validators(connection, row["chain_id"])
        if one["validator_key"] == validator_key and one["identity_key"]
    ]
    numbers = listed.rows_about(validator_key, list(dict.fromkeys(names)))
    where = f"row {shown(map(str, numbers), _ROWS_SHOWN)}" if numbers else "no row of it"
    return f"{file_name(answer.request)}, {where}; {_columns(answer)}"


def file_name(request: Mapping[str, Any]) -> str:
    """A file of a stored request, with the sheet where one is named."""
    mapping = request.get("body")
    sheet = mapping.get("sheet") if isinstance(mapping, Mapping) else None
    return f"file {request.get('path')}" + (f", sheet {sheet}" if sheet else "")


def _columns(answer: Answer) -> str:
    mapping = answer.request["body"]
    columns: Mapping[str, Mapping[str, str]] = mapping["columns"] if isinstance(mapping, Mapping) else {}
    told: Sequence[str] = [
        f"{name} in column {column['column']!r}" + (f" ({column['unit']})" if "unit" in column else "")
        for name, column in columns.items()
        if name not in _WHOSE
    ]
    return ", ".join(told)
