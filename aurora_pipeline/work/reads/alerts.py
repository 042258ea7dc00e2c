"""What people were told of what needs one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.json_form import shaped

_SHOWN: Final = 200


@dataclass(frozen=True)
class Telling:
    """A message, or that a channel could not be used."""

    told_at: datetime
    channel: str
    happening: str
    cause: str
    what: str
    since: datetime | None


def tellings(connection: Connection) -> list[Telling]:
    """The newest messages, the newest first."""
    rows = connection.execute(
        "SELECT *, written_at AS told_at FROM alert_tellings ORDER BY telling_id DESC LIMIT %s", [_SHOWN]
    ).fetchall()
    return [shaped(Telling, row) for row in rows]
