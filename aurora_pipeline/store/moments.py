"""Reading as of a past moment: waiting until all that was recorded up to it is committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg

from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.errors import MomentRefused


@contextmanager
def refusing_moments() -> Iterator[None]:
    """The database refuses moments that are not past: what they will hold can still change."""
    try:
        yield
    except psycopg.errors.RaiseException as error:
        raise MomentRefused(str(error.diag.message_primary), error.diag.message_hint) from None


def await_moment(connection: Connection, moment: datetime) -> None:
    """Wait for a moment, in a statement of its own before those that read as of it; raises where it is not past."""
    with refusing_moments():
        connection.execute("SELECT await_moment(%s)", [moment])
