"""Every reason that is a word in capital letters stands in the glossary, and every page in the index."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_CODE = re.compile(r'^ *[A-Z_]+(?:: Final)? = "([A-Z]+(?:_[A-Z]+)+)"$', re.M)
_BEGINS = re.compile(r'(?<!")"([A-Z]+(?:_[A-Z]+)*): [a-z{]')
"""A reason that begins with its word: `FORMULA: computed from ...`."""
_ROOMS = ("canonical", "sources", "pnl", "commissions", "asking", "staging", "statements")
NO_REASONS = {"FIXED_SHARE", "STAKE_WEIGHT", "CLIENT_REVENUE", "CAP_REDUCTION", "FLOOR_TOP_UP", "ACTIVE_STAKE"}
NO_REASONS |= {"STAKER_REWARDS", "EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS"}


def test_glossary__every_reason_in_the_code__is_explained() -> None:
    code = "\n".join(
        path.read_text("utf-8")
        for room in _ROOMS
        for path in (ROOT / "aurora_pipeline" / room).rglob("*.py")
        if not path.name.endswith("tables.py")  # they describe columns, whose values are no reasons
    )
    reasons = (set(_CODE.findall(code)) | set(_BEGINS.findall(code))) - NO_REASONS
    assert len(reasons) > 12
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    assert [
        reason for reason in sorted(reasons) if f"`{reason}`" not in glossary and f"| {reason} |" not in glossary
    ] == []


def test_index__of_the_documentation__names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in index} == set()
