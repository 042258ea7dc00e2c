"""A statement as files that are handed out: its page, and the bundle of its figures and of what proves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.letterhead import Paper
from aurora_pipeline.proof.bundle.collecting import collect, stated
from aurora_pipeline.proof.bundle.container import zip_bytes
from aurora_pipeline.proof.bundle.documents import json_file
from aurora_pipeline.proof.bundle.files import bundle_files
from aurora_pipeline.proof.bundle.log_view import load_log
from aurora_pipeline.proof.errors import NotProvable
from aurora_pipeline.statements.documents import PayableStatement
from aurora_pipeline.statements.export.pdf import Attachment
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.paper import figures, statement_on_paper
from aurora_pipeline.work.reads.statement_in_full import shown_statement

_STATED: Final = "statement.json"
_PAGE: Final = "statement.pdf"
_WHAT: Final = "all that proves this statement; verify.py takes this PDF itself"


@dataclass(frozen=True)
class StatementPage:
    """A PDF, and why no proof is in it; None where it is."""

    pdf: bytes
    unproven: str | None


def statement_bundle(
    connection: Connection,
    chain: Chain,
    found: PayableStatement,
    *,
    paper: Paper | None = None,
    with_payloads: bool = False,
) -> dict[str, bytes]:
    """Every file of the bundle of a released statement; the PDF carries all the others."""
    log = load_log(connection)
    collected = collect(connection, chain, found, log, with_payloads=with_payloads)
    within = bundle_files(collected, log, {})
    shown = shown_statement(connection, found)
    attached = [figures(within[_STATED]), Attachment("bundle.zip", zip_bytes(within), "application/zip", _WHAT)]
    page = statement_on_paper(connection, chain, shown, attached, paper=paper, checkpoint=log.checkpoint)
    return bundle_files(collected, log, {_PAGE: page})


def statement_page(
    connection: Connection, chain: Chain, found: PayableStatement, *, paper: Paper | None = None
) -> StatementPage:
    """The PDF of a statement: that of its bundle; with its figures alone where nothing proves them yet."""
    try:
        return StatementPage(statement_bundle(connection, chain, found, paper=paper)[_PAGE], None)
    except NotProvable as error:
        attached = [figures(json_file(stated(connection, chain, found)))]
        shown = shown_statement(connection, found)
        return StatementPage(statement_on_paper(connection, chain, shown, attached, paper=paper), error.message)
