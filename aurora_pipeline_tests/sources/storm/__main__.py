"""Every reader under struck answers: `python -m aurora_pipeline_tests.sources.storm --tries 1000000 --seed 7`.

A try takes a good answer, changes it in one place, and has a reader read it again, or a source tell the rows of a
whole period by it. Allowed are the row as it was, no row, and another one where the change tells another figure. A
defect is anything else: a wrong row, an exception without a name, a reader that does not come back within 10 seconds,
or that takes more than 10 times the memory of a good answer. Each reader has a line; exit code 1 where there is a
defect.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time

from aurora_pipeline_tests.sources.storm.judging import READ
from aurora_pipeline_tests.sources.storm.running import storm


def main() -> None:
    """Run a storm and say what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    # Whoever ends it wants to see what it has found.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.perf_counter()
    result = storm(options.tries, options.seed)
    for defect in result.defects[:40]:
        sys.stdout.write(f"{defect}\n")
    for name, record in sorted(result.records.items()):
        sys.stdout.write(f"{name}: {record}\n")
    whole = result.whole
    refused = sum(count for name, count in whole.verdicts.items() if name != READ)
    sys.stdout.write(
        f"{whole.tries:,} tries of {len(result.records)} readers in {time.perf_counter() - started:.0f} s:"
        f" {whole.verdicts[READ]:,} read, {refused:,} refused by name; the slowest took {whole.slowest:.2f} s, the"
        f" largest {whole.memory:.1f} times the memory; {len(result.defects)} defects\n"
    )
    sys.exit(1 if result.defects else 0)


if __name__ == "__main__":
    main()
