"""Words that a partner will read name no other partner: the reasons of overrides, and answers to disputes."""

from __future__ import annotations

import re
from typing import Final

from aurora_pipeline.agreements.errors import OtherPartnerNamed
from aurora_pipeline.store.database import Connection

_LETTERS_MIN: Final = 3
"""A shorter key or name is a word like any other."""
_OTHERS: Final = "SELECT DISTINCT partner_id, name FROM partners WHERE partner_id <> %s ORDER BY 1, 2"
_OF_AGREEMENT: Final = "SELECT partner_id FROM agreements WHERE agreement_id = %s"


def refuse_others_named(connection: Connection, text: str, partner_id: str) -> None:
    """Raise where a text that this partner will read has the key or a name of another one, as whole words."""
    for row in connection.execute(_OTHERS, [partner_id]):
        for said in (row["partner_id"], row["name"]):
            if len(said) >= _LETTERS_MIN and _is_said(said, text):
                raise OtherPartnerNamed(
                    f"the reason names {said!a}, and the partner {partner_id} will read it; nothing was written",
                    "say it without the other partner's name: the audit log shows who decided it, and when",
                )


def refuse_others_than_of(connection: Connection, text: str, agreement_id: str) -> None:
    """The same of the partner whose agreement it is."""
    row = connection.execute(_OF_AGREEMENT, [agreement_id]).fetchone()
    if row is not None:
        refuse_others_named(connection, text, row["partner_id"])


def _is_said(name: str, text: str) -> bool:
    words = r"\s+".join(map(re.escape, name.split()))
    return re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE) is not None
