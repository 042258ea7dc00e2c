"""How a session begins: with every setting that Aurora's reading and writing rests on, whatever the server's defaults.

`ALTER DATABASE ... SET`, `ALTER ROLE ... SET` and postgresql.conf change defaults; what a session asks for itself wins.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

_SETTINGS: Final = {
    # How values are written and read as text.
    "timezone": "UTC",
    "datestyle": "ISO,MDY",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    # What names mean, and what a transaction sees.
    "search_path": "public",
    "transform_null_equals": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    # Bulk loads, waiting for the ledger's lock and asking a provider take the time they take.
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "client_min_messages": "warning",
}
_ENCODING: Final = "UTF8"
_TRANSACTION_TIMEOUT_SINCE: Final = 17_00_00
_CONNECT_SECONDS_MAX: Final = 10


def begin(conninfo: str, *, reads_only: bool = False) -> psycopg.Connection[dict[str, Any]]:
    """A new session. One that `reads_only` is refused any write by the server itself, so that a slip cannot write."""
    own = {"default_transaction_read_only": "on"} if reads_only else {}
    session = psycopg.connect(
        conninfo,
        row_factory=dict_row,
        connect_timeout=_CONNECT_SECONDS_MAX,
        client_encoding=_ENCODING,
        options=_options(own, str(conninfo_to_dict(conninfo).get("options") or "")),
    )
    if session.info.server_version >= _TRANSACTION_TIMEOUT_SINCE:
        # An older server does not know it, and would refuse the session for it.
        session.execute("SET transaction_timeout = 0")
        session.commit()
    return session


def url_query(server_version: int, given: str = "", **own: str) -> str:
    """The same for a driver that is given an URL: what its query says of these settings, and some more of one's own."""
    if server_version >= _TRANSACTION_TIMEOUT_SINCE:
        own = {"transaction_timeout": "0", **own}
    return f"client_encoding={_ENCODING}&options={quote(_options(own, given))}"


def _options(own: dict[str, str], given: str = "") -> str:
    """The settings as libpq takes them, after those that an address gives: the last one wins."""
    asked = [f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in {**_SETTINGS, **own}.items()]
    return " ".join([given, *asked] if given else asked)
