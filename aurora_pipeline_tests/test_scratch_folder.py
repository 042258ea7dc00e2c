"""Where tests keep what they write: somebody's own choice first, memory only where there is room."""

from __future__ import annotations

import tempfile
from pathlib import Path

from aurora_pipeline_tests.scratch_folder import scratch_folder


def test_scratch_folder__as_it_is__is_found(tmp_path: Path) -> None:
    assert scratch_folder("/chosen", tmp_path, 1) == "/chosen"
    assert scratch_folder(None, tmp_path, 1) == str(tmp_path)
    assert scratch_folder(None, tmp_path, 2**62) == tempfile.gettempdir()
    assert scratch_folder("", tmp_path / "missing", 1) == tempfile.gettempdir()
