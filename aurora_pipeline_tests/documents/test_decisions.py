"""The index of decisions names every record, once and with its title."""

from __future__ import annotations

import re
from pathlib import Path

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"


def test_index__compared_with_the_records__names_each_with_its_title() -> None:
    index = re.findall(r"^\| \[(\d{3})\]\(([^)]+)\) \| (.+) \| .+ \|$", (DECISIONS / "README.md").read_text(), re.M)
    records = sorted(DECISIONS.glob("[0-9]*.md"))
    titles = [(p.name[:3], p.name, p.read_text().splitlines()[0].removeprefix("# ")) for p in records]
    assert index == titles, "docs/decisions/README.md: one line per record, in order: | [NNN](file) | title | status |"
