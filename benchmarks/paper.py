"""What a statement on paper costs: the PDF of a statement of 200 lines, or of 2,000.

`python -m benchmarks.paper [--lines 200]`. Raw beside it: json.dumps of its content, SHA-256 of its bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Final

from aurora_pipeline.statements.export.pdf import Attachment, statement_pdf
from aurora_pipeline.statements.export.printed import printed
from aurora_pipeline_tests.statements.paper import shown
from benchmarks.measured import NONE, Budget, Measured, program, tell
from benchmarks.taken import peak_mib, took

_BUDGET: Final = {200: Budget(at_most=2), 2_000: Budget(at_most=10)}


def rows(lines: int) -> Iterator[Measured]:
    """The first PDF that a process makes."""
    source = shown(lines, validators=[f"Validator {place:02d}" for place in range(25)])
    made: list[bytes] = []

    def whole() -> None:
        content = printed(source)
        told = json.dumps(content).encode()
        attachment = Attachment("statement.json", told, "application/json", "the figures", is_source=True)
        made.append(statement_pdf(content, [attachment]))

    def raw() -> None:
        json.dumps(content)
        hashlib.sha256(made[0])

    ours, content = took(whole), printed(source)
    what = f"the PDF of a statement of {lines:,} lines ({len(made[0]) / 1e6:.2f} MB)"
    name = "json.dumps of its content, SHA-256 of its bytes"
    yield Measured.of(what, ours, took(raw), name, _BUDGET.get(lines, NONE), peak_mib())


def main() -> None:
    """Measure one size: typesetting keeps what it once loaded."""
    parser = program(__doc__)
    parser.add_argument("--lines", type=int, default=200)
    options = parser.parse_args()
    tell(rows(options.lines), options)


if __name__ == "__main__":
    main()
