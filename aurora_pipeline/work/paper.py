"""A statement on paper: what its pages say, gathered, and the PDF made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.letterhead import Paper
from aurora_pipeline.statements.export.logo import read_logo
from aurora_pipeline.statements.export.pdf import Attachment, statement_pdf
from aurora_pipeline.statements.export.printed import PageSource, printed
from aurora_pipeline.statements.history import events_of
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.reads.statement_in_full import ShownStatement

_WHAT: Final = "the figures of this statement, for programs"


def statement_on_paper(
    connection: Connection,
    chain: Chain,
    shown: ShownStatement,
    attachments: Sequence[Attachment],
    *,
    paper: Paper | None = None,
    checkpoint: str | None = None,
) -> bytes:
    """The PDF of a statement, in the chain's letterhead, with what is attached to it."""
    events = events_of(connection, shown.document.statement.statement_id)
    content = printed(PageSource(chain, shown.document, shown.overridden, shown.disputes, events), checkpoint)
    logo = None if chain.letterhead.logo is None else read_logo(chain.letterhead.logo)
    return statement_pdf(content, attachments, logo, paper or chain.letterhead.paper)


def figures(told: bytes) -> Attachment:
    """The file statement.json of a bundle, as what the pages were made of."""
    return Attachment("statement.json", told, "application/json", _WHAT, is_source=True)
