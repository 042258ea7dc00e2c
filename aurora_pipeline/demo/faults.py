"""Faults on order: the ways real providers fail, for tests and for showing what the pipeline does about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aurora_pipeline.demo.errors import SimulatorMisused

KINDS = ("status", "garbage", "half", "slow", "wrong_epoch")
_MAX_SLOW_SECONDS = 300


@dataclass
class Fault:
    """What goes wrong, where, and how many more times."""

    match: str
    """Beginning of a path below the server's root, or of the name of a JSON-RPC method."""
    kind: str
    left: int
    status: int = 500
    retry_after: int | None = None
    seconds: float = 0

    def applies_to(self, path: str, methods: list[str]) -> bool:
        if self.match.startswith("/"):
            return path.startswith(self.match)
        return any(method.startswith(self.match) for method in methods)

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)


class Faults:
    """The faults that are scheduled; they live as long as the process."""

    def __init__(self) -> None:
        self._scheduled: list[Fault] = []

    def schedule(self, order: Any) -> Fault:
        """Add one from the body of a control request."""
        if not isinstance(order, dict) or not isinstance(order.get("match"), str) or not order["match"]:
            raise SimulatorMisused("a fault needs `match`: a path like /kobe/api/v1 or a JSON-RPC method like getBlock")
        unknown = set(order) - {"match", "kind", "count", "status", "retry_after", "seconds"}
        if unknown:
            raise SimulatorMisused(f"a fault has no {', '.join(sorted(unknown))}")
        if order.get("kind") not in KINDS:
            raise SimulatorMisused(f"a fault needs `kind`, one of {', '.join(KINDS)}; got {order.get('kind')!r}")
        count, status, retry_after = order.get("count", 1), order.get("status", 500), order.get("retry_after")
        if type(count) is not int or count < 1:
            raise SimulatorMisused(f"the count of a fault must be a positive integer, got {count!r}")
        if type(status) is not int or not 400 <= status <= 599:
            raise SimulatorMisused(f"the status of a fault must lie in 400..599, got {status!r}")
        if retry_after is not None and type(retry_after) is not int:
            raise SimulatorMisused(f"retry_after of a fault must be whole seconds, got {retry_after!r}")
        seconds = order.get("seconds", 0)
        if type(seconds) not in (int, float) or not 0 <= seconds <= _MAX_SLOW_SECONDS:
            raise SimulatorMisused(f"seconds of a fault must lie in 0..{_MAX_SLOW_SECONDS}, got {seconds!r}")
        fault = Fault(order["match"], order["kind"], count, status, retry_after, seconds)
        self._scheduled.append(fault)
        return fault

    def clear(self) -> None:
        self._scheduled.clear()

    def take(self, path: str, methods: list[str]) -> Fault | None:
        """The fault that hits a request, if any; it is used up by one."""
        for fault in self._scheduled:
            if fault.applies_to(path, methods):
                fault.left -= 1
                if not fault.left:
                    self._scheduled.remove(fault)
                return fault
        return None

    def scheduled(self) -> list[dict[str, Any]]:
        return [fault.as_dict() for fault in self._scheduled]


def mislabel_epochs(value: Any) -> Any:
    """The same answer, labelled with the epoch before: what a cache in front of a provider can do."""
    if isinstance(value, dict):
        return {name: _before(item) if name == "epoch" else mislabel_epochs(item) for name, item in value.items()}
    return [mislabel_epochs(item) for item in value] if isinstance(value, list) else value


def _before(epoch: Any) -> Any:
    """The epoch before, as a number or as decimal text."""
    if type(epoch) is int:
        return epoch - 1
    return str(int(epoch) - 1) if isinstance(epoch, str) and epoch.isdecimal() else mislabel_epochs(epoch)
