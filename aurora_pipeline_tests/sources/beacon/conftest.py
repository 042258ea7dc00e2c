"""Here answers are told from stored bytes, as by a process that did not ask for them itself."""

from __future__ import annotations

from typing import Any

import pytest

from aurora_pipeline.sources.beacon import last_read


class _Forgetful(dict[str, Any]):
    """What keeps nothing."""

    def __setitem__(self, key: str, value: Any) -> None:
        """Forget it."""


@pytest.fixture(autouse=True)
def reads_stored_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No window is remembered from staging."""
    monkeypatch.setattr(last_read, "_last", _Forgetful())
