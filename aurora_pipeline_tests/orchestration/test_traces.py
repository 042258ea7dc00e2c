"""Traces as a collector gets them: every step of a run under the run's number, and not one secret."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent
from threading import Thread
from uuid import UUID

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from aurora_pipeline.foundation import traces
from aurora_pipeline.foundation.errors import SettingRefused
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import HOME_VARIABLE, Workspace
from aurora_pipeline.layers import LAYERS
from aurora_pipeline_tests.deploy.test_processes import free_port

DEMO = ("demo", "--epochs", "1", "--validators", "3", "--stake-accounts", "40")


@dataclass
class Collector:
    """What was handed over."""

    address: str
    bodies: list[bytes] = field(default_factory=list)

    def spans(self) -> list[tuple[str, int, dict[str, str], int, str]]:
        """Name, trace, attributes, and how each span ended."""
        return [
            (
                span.name,
                int.from_bytes(span.trace_id, "big"),
                {one.key: one.value.string_value for one in span.attributes},
                span.status.code,
                span.status.message,
            )
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@contextmanager
def collecting() -> Iterator[Collector]:
    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, daemon=True).start()
    yield collector
    server.shutdown()


def aurora(home: Path, address: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, HOME_VARIABLE: str(home), traces.VARIABLE: address, "AURORA_LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "aurora_pipeline", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_demo__with_a_collector__every_step_is_a_span_of_its_run(tmp_path: Path) -> None:
    with collecting() as collector:
        done = aurora(tmp_path, collector.address, *DEMO)
    assert done.returncode == 0, done.stderr
    spans = collector.spans()
    with Aurora(Workspace(tmp_path, True, os.environ), reads_only=True) as opened:
        with opened.dagster_records().connect() as connection:
            runs = {UUID(row["run_id"]).int for row in connection.execute("SELECT run_id FROM runs")}
        with opened.database.connect() as connection:
            query = "SELECT count(DISTINCT asset) AS n FROM in_force"
            (row,) = connection.execute(query)
    of_runs = [span for span in spans if "run" in span[2]]
    assert {trace for _, trace, _, _, _ in of_runs} == runs
    named = {name for name, _, _, _, _ in of_runs}
    assert {f"compute {layer.name}" for layer in LAYERS} <= named
    assert len([name for name in named if name.startswith("publish ")]) > row["n"] // 2
    assert {"stage fees", "stage mev", "stage rewards"} <= named
    assert all(UUID(about["run"]).int == trace and about["period"] for _, trace, about, _, _ in of_runs)
    asked = [span for span in spans if span[0] == "ask demo-rpc"]
    assert any(trace in runs for _, trace, _, _, _ in asked)
    assert all(about["question"] for _, _, about, _, _ in asked)
    # Addresses may hold keys: none is told.
    assert b"http://" not in b"".join(collector.bodies)


@pytest.mark.slow
def test_demo__collector_that_is_away__one_sentence_and_all_is_computed(tmp_path: Path) -> None:
    done = aurora(tmp_path, f"http://127.0.0.1:{free_port()}", *DEMO)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("the collector of AURORA_TRACES does not take spans") == 1, done.stderr
    assert "Traceback" not in done.stderr


def test_collector__address_that_is_none__is_refused(tmp_path: Path) -> None:
    done = aurora(tmp_path, "collector:4318", "--demo", "status")
    assert done.returncode == 2
    assert "AURORA_TRACES is no address of a collector" in done.stderr


def test_extra__not_installed__is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingRefused, match="is not installed"):
        traces.set_up({traces.VARIABLE: "http://127.0.0.1:4318"})


def test_span_that_breaks_off__says_with_what_and_no_secret() -> None:
    with collecting() as collector:
        _python(
            f"""
            from aurora_pipeline.foundation import traces
            from aurora_pipeline.foundation.log import hide
            traces.set_up({{"AURORA_TRACES": "{collector.address}/"}})
            hide(["a-secret-key"])
            try:
                with traces.span("ask a-secret-key", key="a-secret-key"):
                    raise ValueError("refused: a-secret-key")
            except ValueError:
                pass
            """
        )
    ((name, _, about, code, message),) = collector.spans()
    assert (name, about, code, message) == ("ask …", {"key": "…"}, 2, "ValueError: refused: …")


def test_no_collector__nothing_of_it_is_loaded() -> None:
    _python(
        """
        import sys
        from aurora_pipeline.foundation import traces
        traces.set_up({})
        with traces.span("one"), traces.span_of_run("other", "1f3a9c0e"):
            pass
        assert not [name for name in sys.modules if name.startswith("opentelemetry")]
        """
    )


def _python(text: str) -> None:
    subprocess.run([sys.executable, "-c", dedent(text)], check=True)
