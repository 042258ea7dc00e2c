"""Sessions that wait for their next use: to begin one costs the server more than most questions that are put in it."""

from __future__ import annotations

import atexit
import os
import select
import threading
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

Session = psycopg.Connection[dict[str, Any]]

_KEPT = 4
_moving = threading.Lock()
# With the process, for a session that a fork brought along is its parent's; oldest first.
_waiting: list[tuple[int, str, Session]] = []


def taken(kind: str) -> Session | None:
    """A session that waited, if there is one the server has not ended."""
    while (session := _next(kind)) is not None:
        if not has_arrived(session.fileno()):
            return session
        session.close()
    return None


def keep(session: Session, kind: str) -> None:
    """Let a session wait for its next use; whichever has waited longest makes room."""
    if session.info.transaction_status != TransactionStatus.IDLE:
        session.close()
        return
    with _moving:
        _waiting.append((os.getpid(), kind, session))
        surplus = _waiting.pop(0)[2] if len(_waiting) > _KEPT else None
    if surplus is not None:
        surplus.close()


def let_go(kind: str) -> None:
    """End the sessions that wait."""
    while (session := _next(kind)) is not None:
        session.close()


def _next(kind: str) -> Session | None:
    with _moving:
        mine = (os.getpid(), kind)
        newest = next((one for one in reversed(_waiting) if one[:2] == mine), None)
        if newest is not None:
            _waiting.remove(newest)
    return None if newest is None else newest[2]


def has_arrived(socket: int) -> bool:
    """Whether something waits to be read: on an idle session that is the farewell of a server that has ended it."""
    arrived = select.poll()
    arrived.register(socket, select.POLLIN)
    return bool(arrived.poll(0))


@atexit.register
def _let_go_of_all() -> None:
    for kind in {kind for _, kind, _ in _waiting}:
        let_go(kind)
