"""Starting the simulated providers as a process of their own, and stopping them with whoever started them."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from aurora_pipeline.demo.errors import SimulatorAway, SimulatorFailed
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.outages import no_room

_URL_LINE = "AURORA_DEMO_URL="


class SimulatorControl:
    """The control panel of a running simulator, whoever started it."""

    def __init__(self, url: str = "") -> None:
        self.url = url

    def answers(self) -> bool:
        """Whether a simulator is there."""
        try:
            self._control("GET", "health")
        except (AuroraError, ValueError):
            return False
        return True

    def clock(self) -> dict[str, Any]:
        """Where the chain is: slot, epoch, slot_index, unix_time, head_slot, parameters."""
        return self._control("GET", "clock")

    def advance(self, *, slot: int | None = None, epoch: int | None = None, fraction_bps: int = 0) -> dict[str, Any]:
        """Let time pass up to a slot, or until some part of an epoch has passed."""
        order = {"slot": slot} if slot is not None else {"epoch": epoch, "fraction_bps": fraction_bps}
        return self._control("POST", "advance", order)

    def fault(self, match: str, kind: str, **details: Any) -> dict[str, Any]:
        """Schedule a fault: status, garbage, half, slow or wrong_epoch, on a path or a JSON-RPC method."""
        return self._control("POST", "faults", {"match": match, "kind": kind, **details})

    def clear_faults(self) -> dict[str, Any]:
        """Forget all faults that have not struck yet."""
        return self._control("DELETE", "faults")

    def ethereum_clock(self) -> dict[str, Any]:
        """Where the Ethereum chain is: as above, and its finalized_epoch."""
        return self._control("GET", "ethereum/clock")

    def advance_ethereum(
        self, *, slot: int | None = None, epoch: int | None = None, fraction_bps: int = 0
    ) -> dict[str, Any]:
        """Let time pass on the Ethereum chain, which has a clock of its own."""
        order = {"slot": slot} if slot is not None else {"epoch": epoch, "fraction_bps": fraction_bps}
        return self._control("POST", "ethereum/advance", order)

    def ethereum_condition(self, **condition: Any) -> dict[str, Any]:
        """Put the Ethereum nodes into a condition, of all that can ail them; into their usual one without any."""
        return self._control("POST", "ethereum/condition", condition)

    def _control(self, method: str, name: str, body: Any = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request(method, f"/control/{name}", None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise SimulatorAway(
                f"the chain simulator at {self.url} does not answer: {error}", "repeat the command: it starts a new one"
            ) from error
        finally:
            connection.close()
        if response.status != 200:
            raise SimulatorFailed(f"the chain simulator refused {name}: {answer.get('error')}")
        return answer


class SimulatorProcess(SimulatorControl):
    """A running simulator; as a context manager it is started on entry and gone on exit.

    Its chain lives in the state file. A parameter need be named only for a new chain, where it is not the default.
    """

    def __init__(self, state: Path, *, port: int = 0, **parameters: int) -> None:
        super().__init__()
        self._state = state
        self._command = [
            *(sys.executable, "-m", "aurora_pipeline.demo.server", "--exit-with-stdin"),
            *("--state", str(state), "--port", str(port)),
            *(text for name, value in parameters.items() for text in (f"--{name.replace('_', '-')}", str(value))),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, meanwhile: Callable[[], object] | None = None) -> SimulatorProcess:
        """Start the server, do something else in the meantime, and return once it answers.

        Its complaints go to a .log file beside the state.
        """
        self._state.parent.mkdir(parents=True, exist_ok=True)
        log_path = self._state.with_suffix(".log")
        with log_path.open("wb") as log:
            # Out of the terminal's reach: Ctrl-C is for whoever started it, and its end closes stdin, which ends this.
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, process_group=0
            )
        assert self._process.stdout is not None  # it is a pipe
        if meanwhile is not None:
            meanwhile()
        line = self._process.stdout.readline().decode()
        if not line.startswith(_URL_LINE):
            self.stop()
            reason = log_path.read_text(encoding="utf-8", errors="replace").strip()
            if "No space left on device" in reason:
                raise no_room(f" for {self._state.parent}")
            raise SimulatorFailed(f"the chain simulator did not start: {reason or 'it said nothing'}")
        self.url = line.removeprefix(_URL_LINE).strip()
        return self

    def stop(self) -> None:
        """End the server; does nothing if it is gone already."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        # Its only state is the clock, which is on disk after every move: there is nothing to wind down.
        process.kill()
        process.wait()

    def __enter__(self) -> SimulatorProcess:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
