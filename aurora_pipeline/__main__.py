"""The process behind `aurora` and `python -m aurora_pipeline`."""

from __future__ import annotations

import os

from aurora_pipeline.foundation.gc_pause import importing


def main() -> None:
    """Run the command line. What it writes is its owner's alone, whatever the umask: it tells who is paid what."""
    os.umask(0o077)
    with importing():
        from aurora_pipeline.cli.app import main as command_line
    command_line()


if __name__ == "__main__":
    main()
