"""`aurora metrics`: numbers about the instance for Prometheus, once or on a port."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Annotated

import typer

from aurora_pipeline.cli.terminal import err, opened


def metrics(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Serve scrapes here until Ctrl-C.")] = None,
    host: Annotated[str, typer.Option(help="The address to serve them at.")] = "127.0.0.1",
) -> None:
    """Print every metric once, or serve them. Each scrape reads the database anew; `aurora_up 0` says it could not."""
    from aurora_pipeline.work.metrics.serving import Served, written

    with opened(reads_only=True) as aurora:
        if port is None:
            sys.stdout.write(written(aurora).decode())
            return
        served = Served(aurora, host, port)
        err.print(f"Metrics: http://{host}:{port}/metrics   Ctrl-C ends it.", markup=False)
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        ended.wait()
        served.close()
