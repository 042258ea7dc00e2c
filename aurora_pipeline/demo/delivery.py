"""How an answer of a simulated provider leaves: as it is, or as a fault makes it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.responses import Response

from aurora_pipeline.demo.faults import Fault, mislabel_epochs
from aurora_pipeline.demo.json_text import compact_json


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A value as JSON."""
    return _sent(compact_json(value), status, headers)


def _sent(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(text.encode(), status, headers, media_type="application/json")


async def delivered(
    text: str, fault: Fault | None, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The answer, which is JSON, or what a fault makes of it."""
    if fault is None:
        return _sent(text, status, headers)
    if fault.kind == "status":
        retry = None if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return json_response({"error": f"fault {fault.status}"}, fault.status, retry)
    if fault.kind == "garbage":
        return Response(b"<html><body>502 Bad Gateway</body></html>", media_type="text/html")
    if fault.kind == "wrong_epoch":
        return json_response(mislabel_epochs(json.loads(text)), status, headers)
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return _sent(text, status, headers)
    return _sent(text[: len(text) // 2], status, headers)
