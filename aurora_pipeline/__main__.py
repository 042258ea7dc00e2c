"""The process behind `aurora` and `python -m aurora_pipeline`."""

from __future__ import annotations

from aurora_pipeline.foundation.gc_pause import importing


def main() -> None:
    """Run the command line."""
    with importing():
        from aurora_pipeline.cli.app import main as command_line
    command_line()


if __name__ == "__main__":
    main()
