"""What strikes a life in a storm. Each strike lets it go on from where it is, and ends when that go has ended."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx

from aurora_pipeline.local_postgres.postmaster import running_postmaster
from aurora_pipeline.orchestration.left_behind import end_left_behind, left_behind
from aurora_pipeline_tests.faults.clocks import jump_after, start_servers_at
from aurora_pipeline_tests.faults.points import cut_connections, kill_server
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen
from aurora_pipeline_tests.faults.small_disk import NoDisk, small_disk
from aurora_pipeline_tests.faults.small_life import Forked, Life, forked, live
from aurora_pipeline_tests.faults.standing import PARTS, standing

_SECONDS_MAX: Final = 6.0
_COPYING: Final = "query ILIKE '%COPY%' AND state = 'active' AND pid <> pg_backend_pid()"
_LIES: Final = (b'{"jsonrpc":"2.0","result":null,"id":1}', b"[]", b"<html>busy</html>", b'{"error":"gone"}')
_JUMPS: Final = (timedelta(days=-400), timedelta(hours=-1), timedelta(hours=1), timedelta(days=40))
_ROOM_KB_MAX: Final = 6_000
_HOP_BY_HOP: Final = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})


@dataclass(frozen=True)
class Case:
    """A home with a life that is under way, and the chance that decides."""

    life: Life
    home: Path
    chance: random.Random

    @property
    def data_dir(self) -> Path:
        """Where its server is."""
        return self.home / ".aurora" / "demo"

    def pause(self, share: float = 1.0) -> None:
        """Let it go on for a while that nobody knows before."""
        time.sleep(self.chance.uniform(0, _SECONDS_MAX * share))

    def goes_on(self) -> Forked:
        """A process that lives on."""
        return forked(lambda: live(self.home, self.life.simulator))

    @contextmanager
    def going(self) -> Iterator[Forked]:
        """A process that lives on, awaited in the end, however it ends."""
        process = self.goes_on()
        yield process
        _await(process)


def _await(process: Forked) -> None:
    while process.waited() == -signal.SIGSTOP:
        process.go_on()
    process.log.unlink()


def _signal(process: Forked, number: signal.Signals) -> None:
    """Send it a signal; it may be over already."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)


def worker_killed(case: Case) -> None:
    """The process that computes is killed."""
    with case.going() as process:
        case.pause()
        _signal(process, signal.SIGKILL)


def connections_cut(case: Case) -> None:
    """Every session is ended, again and again."""
    with case.going():
        for _ in range(3):
            case.pause(1 / 3)
            cut_connections(case.data_dir)


def cut_in_a_copy(case: Case) -> None:
    """A session is ended while it sends or reads rows in bulk."""
    with case.going():
        deadline = time.monotonic() + _SECONDS_MAX
        while time.monotonic() < deadline and not cut_connections(case.data_dir, _COPYING):
            time.sleep(0.005)


def server_killed(case: Case) -> None:
    """The database's first process is killed."""
    with case.going():
        case.pause()
        kill_server(case.data_dir)


def stopped_for_a_while(case: Case) -> None:
    """The process stands still, and goes on later."""
    with case.going() as process:
        case.pause()
        _signal(process, signal.SIGSTOP)
        case.pause(1 / 3)
        _signal(process, signal.SIGCONT)


def two_at_once(case: Case) -> None:
    """Another process does the same at the same time, and one of the two may be killed."""
    with case.going() as process, case.going():
        case.pause()
        _signal(process, case.chance.choice([signal.SIGKILL, signal.SIGCONT]))


def provider_lies(case: Case) -> None:
    """Every answer is nonsense for a whole life."""
    lie = case.chance.choice(_LIES)
    with FaultServer(lambda seen: _lie(lie)) as liar:
        _await(forked(lambda: live(case.home, liar.url)))


def provider_lies_for_a_while(case: Case) -> None:
    """Answers are true, then nonsense, then true again."""
    lie, began = case.chance.choice(_LIES), time.monotonic()
    lies_from = case.chance.uniform(0, _SECONDS_MAX)
    lies_until = lies_from + case.chance.uniform(0.1, _SECONDS_MAX / 2)

    def answered(seen: Seen) -> Reply:
        is_lie = lies_from <= time.monotonic() - began < lies_until
        return _lie(lie) if is_lie else _passed_on(seen, case.life.simulator)

    with FaultServer(answered) as between:
        _await(forked(lambda: live(case.home, between.url)))


def clock_jumps(case: Case) -> None:
    """The server's clock is wrong from its start, and the program's own jumps while it works."""
    ahead, jump = case.chance.choice(_JUMPS), case.chance.choice(_JUMPS)
    seconds = case.chance.uniform(0, _SECONDS_MAX)
    kill_server(case.data_dir)

    def disturbed() -> None:
        start_servers_at(ahead)
        jump_after(seconds, jump)
        live(case.home, case.life.simulator)

    _await(forked(disturbed))
    kill_server(case.data_dir)


def disk_full(case: Case) -> None:
    """There is little room left on the disk, and later there is enough again."""
    kill_server(case.data_dir)
    with tempfile.TemporaryDirectory(prefix="aurora-disk-") as folder, small_disk(Path(folder)) as disk:
        disk.take_in(case.home)
        disk.fill(case.chance.randrange(_ROOM_KB_MAX))

        def disturbed() -> None:
            disk.enter()
            live(disk.where, case.life.simulator)

        _await(forked(disturbed))

        def emptied() -> None:
            disk.enter()
            _end_server(disk.where / ".aurora" / "demo" / "postgres" / "cluster")

        _await(forked(emptied))
        disk.clear()
        shutil.rmtree(case.home / ".aurora")
        disk.give_back(case.home)


def _end_server(cluster: Path) -> None:
    """Have a server end at once, whoever still uses it, and wait until all its processes have."""
    while (server := running_postmaster(cluster)) is not None:
        with suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGQUIT)
        time.sleep(0.05)


def part_of_up_killed(case: Case) -> None:
    """The daemon, the web server or the code server of `aurora up` is killed, while a command works beside it."""
    part = case.chance.choice(sorted(PARTS))
    with standing(case.home, case.life.simulator) as up, case.going():
        case.pause()
        assert up.kill(PARTS[part]), f"`aurora up` had no {part}"
        case.pause()
        up.end()
    assert left_behind(case.data_dir) == [], "`aurora up` left processes behind"


def up_killed(case: Case) -> None:
    """`aurora up` itself is killed; the next one ends what it left behind."""
    with standing(case.home, case.life.simulator) as up, case.going():
        case.pause()
        up.process.kill()
    end_left_behind(case.data_dir)
    assert left_behind(case.data_dir) == [], "processes of an `aurora up` that was killed can't be ended"


Strike = Callable[[Case], None]
STRIKES: Final[tuple[Strike, ...]] = (
    worker_killed,
    connections_cut,
    cut_in_a_copy,
    server_killed,
    stopped_for_a_while,
    two_at_once,
    provider_lies,
    provider_lies_for_a_while,
    clock_jumps,
    disk_full,
    part_of_up_killed,
    up_killed,
)


def possible() -> tuple[Strike, ...]:
    """The strikes that can be had on this machine."""
    try:
        with tempfile.TemporaryDirectory(prefix="aurora-disk-") as folder, small_disk(Path(folder)):
            return STRIKES
    except NoDisk:
        return tuple(strike for strike in STRIKES if strike is not disk_full)


def _lie(body: bytes) -> Reply:
    return Reply(body, 200, {"content-type": "application/json"})


def _passed_on(seen: Seen, to: str) -> Reply:
    """What the true provider says."""
    headers = {name: value for name, value in seen.headers.items() if name and name not in _HOP_BY_HOP}
    told = httpx.request(
        seen.verb, f"{to}{seen.path}", params=list(seen.parameters), headers=headers, content=seen.body, timeout=30
    )
    return Reply(told.content, told.status_code, {"content-type": told.headers.get("content-type", "")})
