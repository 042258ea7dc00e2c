"""Errors about statements on paper, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import Misconfigured


class LogoRefused(Misconfigured):
    """The logo of the letterhead cannot be read, or is no picture that a PDF can hold. Nothing was written."""

    code = "logo-refused"
    what_to_do = "Give a PNG, JPEG or SVG file as `logo` of the letterhead in chains.yaml, or leave it out."


class PdfNotMade(Misconfigured):
    """The pages could not be laid out. Nothing was written."""

    code = "pdf-not-made"
    what_to_do = "Leave out the logo to see whether it is the reason; else report the message."
