"""Connection pooling for Dagster's storages, switched on by `plugin=aurora_pool` in their SQLAlchemy URL.

dagster-postgres opens a new connection for every statement (NullPool), some sixty per step, and has no option for it.
A quarter of them asks which tables and columns there are. Pooled and remembered, a run's overhead is a fraction.
SQLAlchemy's engine plugins allow it without touching Dagster's classes. docs/decisions/ says more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, CreateEnginePlugin, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import QueuePool

from aurora_pipeline.foundation.outages import explained
from aurora_pipeline.local_postgres.postmaster import answers
from aurora_pipeline.store.idle_sessions import has_arrived

# A process of Dagster has three storages; what exceeds this is closed on return instead of kept.
_KEPT_CONNECTIONS = 2
_MORE_AT_PEAKS = 20


class PooledConnections(CreateEnginePlugin):
    """Replaces an engine's NullPool by a small pool that looks at a connection before lending it."""

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        super().__init__(url, kwargs)
        kwargs["poolclass"] = QueuePool
        kwargs["pool_size"] = _KEPT_CONNECTIONS
        kwargs["max_overflow"] = _MORE_AT_PEAKS

    def update_url(self, url: URL) -> URL:
        """The URL without this plugin's name, as the driver wants it."""
        return url.difference_update_query(["plugin"])

    def engine_created(self, engine: Engine) -> None:
        """Have every connection looked at when it is lent, and what is told of tables remembered."""
        event.listen(engine, "checkout", _refuse_ended)
        event.listen(engine, "handle_error", _refuse_gone)
        # What comes of it is said in the end; every try with a traceback's worth of text is not.
        logging.getLogger().addFilter(_is_no_retry)
        for question in ("has_table", "get_columns"):
            setattr(engine.dialect, question, _remembering(getattr(engine.dialect, question)))


def _refuse_ended(connection: Any, record: object, lent: object) -> None:
    """Lend no session that the server has ended.

    SQLAlchemy's own check asks the server each time, which is a tenth of what Dagster's records cost.
    """
    if has_arrived(connection.fileno()):
        raise DisconnectionError("something arrived on an idle connection")


def _refuse_gone(context: ExceptionContext) -> None:
    """Have nobody try again for half a minute, as Dagster does, where no server is left on this machine."""
    host = None if context.engine is None else context.engine.url.query.get("host")
    if context.connection is None and isinstance(host, str) and host.startswith("/") and not answers(Path(host)):
        raise explained(context.original_exception) or context.original_exception


def _is_no_retry(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("Retrying failed database connection")


def _remembering(ask: Callable[..., Any]) -> Callable[..., Any]:
    """The dialect's question about a table, put to the catalog until the table is there, and not again after that."""
    told: dict[tuple[str, str | None], Any] = {}

    def remembered(connection: Any, table_name: str, schema: str | None = None, **options: Any) -> Any:
        answer = told.get((table_name, schema)) or ask(connection, table_name, schema, **options)
        told[table_name, schema] = answer
        return answer

    return remembered
