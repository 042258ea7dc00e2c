"""A storm: processes, sessions and servers end at random moments, and the digests come out as those of a calm life.

`python -m aurora_pipeline_tests.faults.storm --kills 200 --seed 7`. Each life is struck one to three times before it
may come to its end; after every strike what is visible must hold, and in the end all digests must be the same.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aurora_pipeline_tests.faults.points import cut_connections, kill_server
from aurora_pipeline_tests.faults.server import FaultServer, Reply
from aurora_pipeline_tests.faults.small_life import Forked, Life, Outcome, forked, life, live, looked_at, require

_SECONDS_MAX = 6.0
_COPYING: Final = "query ILIKE '%COPY%' AND state = 'active' AND pid <> pg_backend_pid()"
_LIES: Final = (b'{"jsonrpc":"2.0","result":null,"id":1}', b"[]", b"<html>busy</html>", b'{"error":"gone"}')


@dataclass(frozen=True)
class Going:
    """A home with a life that is under way."""

    life: Life
    home: Path
    process: Forked
    chance: random.Random

    @property
    def data_dir(self) -> Path:
        """Where its server is."""
        return self.home / ".aurora" / "demo"

    def pause(self) -> None:
        """Let it go on for a while that nobody knows before."""
        time.sleep(self.chance.uniform(0, _SECONDS_MAX))

    def signalled(self, number: signal.Signals) -> None:
        """Send it a signal; it may be over already."""
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, number)


def worker_killed(going: Going) -> None:
    """The process that computes is killed."""
    going.pause()
    going.signalled(signal.SIGKILL)


def connections_cut(going: Going) -> None:
    """Every session is ended, again and again."""
    for _ in range(3):
        time.sleep(going.chance.uniform(0, _SECONDS_MAX / 3))
        cut_connections(going.data_dir)


def cut_in_a_copy(going: Going) -> None:
    """A session is ended while it sends or reads rows in bulk."""
    deadline = time.monotonic() + _SECONDS_MAX
    while time.monotonic() < deadline and not cut_connections(going.data_dir, _COPYING):
        time.sleep(0.005)


def server_killed(going: Going) -> None:
    """The database's first process is killed."""
    going.pause()
    kill_server(going.data_dir)


def stopped_for_a_while(going: Going) -> None:
    """The process stands still, and goes on later."""
    going.pause()
    going.signalled(signal.SIGSTOP)
    time.sleep(going.chance.uniform(0, 2))
    going.signalled(signal.SIGCONT)


def two_at_once(going: Going) -> None:
    """Another process does the same at the same time, and one of the two is killed."""
    other = forked(lambda: live(going.home, going.life.simulator))
    going.pause()
    going.signalled(going.chance.choice([signal.SIGKILL, signal.SIGCONT]))
    other.waited()
    other.log.unlink()


STRIKES: Final[tuple[Callable[[Going], None], ...]] = (
    worker_killed,
    connections_cut,
    cut_in_a_copy,
    server_killed,
    stopped_for_a_while,
    two_at_once,
)


def provider_lies(begun: Life, home: Path, chance: random.Random) -> None:
    """Every answer is nonsense for a whole life."""
    lie = chance.choice(_LIES)
    with FaultServer(lambda seen: Reply(lie, 200, {"content-type": "application/json"})) as liar:
        process = forked(lambda: live(home, liar.url))
        process.waited()
        process.log.unlink()


def one_life(begun: Life, home: Path, chance: random.Random, kills: int) -> list[str]:
    """Strike a life some times, then let it come to its end; says with what it was struck. Raises where it shows."""
    struck = []
    for _ in range(kills):
        if chance.random() < 1 / (len(STRIKES) + 1):
            provider_lies(begun, home, chance)
            struck.append(provider_lies.__name__)
        else:
            strike = chance.choice(STRIKES)
            process = forked(lambda: live(home, begun.simulator))
            strike(Going(begun, home, process, chance))
            while process.waited() == -signal.SIGSTOP:
                process.go_on()
            process.log.unlink()
            struck.append(strike.__name__)
        visible = looked_at(home, begun.simulator)
        assert visible.problems == [], f"after {struck}: {visible.problems}"
    require(forked(lambda: live(home, begun.simulator)))
    outcome = looked_at(home, begun.simulator)
    assert outcome == begun.undisturbed, f"after {struck}: {_differences(begun.undisturbed, outcome)}"
    return struck


def _differences(calm: Outcome, stormy: Outcome) -> str:
    """What came out otherwise than in a calm life."""
    layers = sorted(calm.digests.keys() | stormy.digests.keys())
    other = [layer for layer in layers if calm.digests.get(layer) != stormy.digests.get(layer)]
    return f"other digests of {other}; what does not hold: {stormy.problems}"


def main() -> None:
    """So many strikes; one line per life, exit code 1 where one shows."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=20, help="how many strikes in all")
    options.add_argument("--seed", type=int, default=0, help="the same seed chooses the same strikes")
    chosen = options.parse_args()
    counted, failed, number = Counter[str](), 0, 0
    with tempfile.TemporaryDirectory(prefix="aurora-storm-") as folder, life(Path(folder)) as begun:
        while counted.total() < chosen.kills:
            chance = random.Random(f"{chosen.seed}/{number}")
            kills = min(chance.randint(1, 3), chosen.kills - counted.total())
            home = begun.copied(Path(folder) / "case")
            try:
                struck = one_life(begun, home, chance, kills)
                told = f"{', '.join(struck)}: same digests"
            except AssertionError as error:
                struck, told = ["failed"] * kills, f"FAILED {error}"
                failed += 1
            counted.update(struck)
            _tell(f"life {number} (seed {chosen.seed}): {told}")
            shutil.rmtree(home)
            number += 1
    _tell(f"{counted.total()} strikes in {number} lives, {failed} lives failed: {dict(counted)}")
    raise SystemExit(min(failed, 1))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
