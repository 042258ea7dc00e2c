"""Errors about runs, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import CheckFailed, Outage


class RunsFailed(CheckFailed):
    """Some layers were not published."""

    code = "runs-failed"
    what_to_do = "Correct the cause that each failure names, and repeat."


class RunsMayPass(Outage):
    """Some layers were not published, for causes that may pass by themselves."""

    code = "runs-may-pass"
    what_to_do = "Repeat the command later."


class FilesRefused(CheckFailed):
    """Files of the operator's could not be read; figures that rest on what they said before stay."""

    code = "files-refused"
    what_to_do = "Put them back or correct them, or their columns in providers.yaml, and repeat."
