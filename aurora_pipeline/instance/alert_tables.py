"""The table of what was told to whom when something needed a person."""

from __future__ import annotations

from aurora_pipeline.store.declaration import Column, ColumnKind, Table, TableKind, text
from aurora_pipeline.store.tables import identity, written_at

ALERT_TELLINGS = Table(
    name="alert_tellings",
    kind=TableKind.LEDGER,
    description="What people were told of what needs one: each cause once on each channel, and once that it is over.",
    columns=(
        identity("telling_id", "The message's number."),
        text("channel", "How it was told: webhook or mail.", one_of=["webhook", "mail"]),
        text("cause", "What it is known by as long as it lasts."),
        text(
            "happening",
            "OPEN: it needs a person; OVER: it does not any more; FAILED: the channel could not be used.",
            one_of=["OPEN", "OVER", "FAILED"],
        ),
        text("what", "What was said, without secrets."),
        Column("since", ColumnKind.INSTANT, "Since when it was so; null: not known.", nullable=True, digested=False),
        written_at("When it was told."),
    ),
    key=("telling_id",),
    indexes=(("channel", "cause"),),
)

ALERT_TABLES = (ALERT_TELLINGS,)
