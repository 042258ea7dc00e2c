"""Good answers of Tally, which no simulator speaks."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline_tests.faults.server import Reply, Seen, json_reply
from aurora_pipeline_tests.sources.good import PROVIDER, Good, told
from aurora_pipeline_tests.sources.tally.answers import read_fees


def fees(epoch: int, validators: Sequence[str]) -> dict[str, object]:
    """The list of an epoch."""
    rows = [{"vote": key, "fees": "1500000000", "led": 8, "blocks": 7} for key in validators]
    return {"epoch": epoch, "count": len(rows), "validators": rows}


def _reply(epoch: int, validators: Sequence[str], seen: Seen) -> Reply:
    if seen.path == f"/epochs/{epoch}/fees":
        return json_reply(fees(epoch, validators))
    return json_reply({"newest": epoch}) if seen.path == "/epochs" else json_reply({"error": "unknown"}, status=404)


GOOD = Good(
    lambda epoch: [told("epochs", {"newest": epoch.epoch}), told("fees", fees(epoch.epoch, epoch.reference.keys))],
    lambda epoch: {"read_fees": lambda one: read_fees(one, PROVIDER, epoch.reference.epoch)},
    reply=_reply,
)
