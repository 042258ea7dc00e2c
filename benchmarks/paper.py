"""What a statement on paper costs: PDFs of 200 and of 2,000 lines, each in a process of its own.

`python -m benchmarks.paper [lines ...]`. Raw beside it: json.dumps of the same pages' content, and SHA-256 of
the PDF's bytes. The seconds are the processor's (all cores): on a busy machine they say more than the clock.
"""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from rich.console import Console

Made = TypeVar("Made")

_LINES = (200, 2_000)
_BUDGET = {200: 2.0, 2_000: 10.0}


def one(lines: int) -> None:
    """Make one PDF, and print what each part took."""
    from aurora_pipeline.statements.export.pdf import Attachment, statement_pdf
    from aurora_pipeline.statements.export.printed import printed
    from aurora_pipeline_tests.statements.paper import shown

    source = shown(lines, validators=[f"Validator {place:02d}" for place in range(25)])
    content, gathered = _timed(lambda: printed(source))
    told, dumped = _timed(lambda: json.dumps(content).encode())
    attachment = Attachment("statement.json", told, "application/json", "the figures", is_source=True)
    pdf, made = _timed(lambda: statement_pdf(content, [attachment]))
    _, again = _timed(lambda: statement_pdf(content, [attachment]))
    _, hashed = _timed(lambda: hashlib.sha256(pdf).hexdigest())
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    Console(width=240).print(
        f"{lines:6} lines, {len(pdf) / 1e6:.2f} MB: gathered {gathered:.2f} s, first PDF {made:.2f} s,"
        f" the next {again:.2f} s; budget {_BUDGET.get(lines, float('nan'))} s; up to {size} MB of memory;"
        f" json.dumps of its content {dumped:.4f} s, SHA-256 of its bytes {hashed:.4f} s"
    )


def _timed(make: Callable[[], Made]) -> tuple[Made, float]:
    started = time.process_time()
    made = make()
    return made, time.process_time() - started


def main() -> None:
    """Each size in a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        one(int(sys.argv[2]))
        return
    for lines in [int(text) for text in sys.argv[1:]] or _LINES:
        subprocess.run([sys.executable, "-m", "benchmarks.paper", "--one", str(lines)], check=True)


if __name__ == "__main__":
    main()
