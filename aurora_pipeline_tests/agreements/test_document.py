"""docs/agreements.md: its examples apply as they stand, and its schema is the one the code checks by."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pydantic import BaseModel

from aurora_pipeline.agreements.file.document import AgreementsDocument, RuleEntry, json_schema
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.agreements.conftest import OTHER_VOTE, VOTE, Apply
from aurora_pipeline_tests.decided import register_validator

DOCS = Path(__file__).parents[2] / "docs"


def test_agreements_document__examples__apply_one_after_the_other(ledger: Database, apply_text: Apply) -> None:
    with ledger.connect() as connection:
        connection.execute(
            "INSERT INTO chains VALUES ('solana-mainnet', 'Solana', true, 'solana', 'EPOCH', 850, 'SOL', 9, 32, true)"
        )
        for vote in (VOTE, OTHER_VOTE):
            register_validator(connection, vote, "solana-mainnet")
    complete, changed, corrected = re.findall(
        r"```yaml\n(.*?)```", (DOCS / "agreements.md").read_text("utf-8"), re.DOTALL
    )
    assert len(apply_text(complete).changes) == 8
    assert apply_text(complete).changes == []
    words = apply_text(changed).changes[0].words
    assert "rule tips: commission_rate_bps 500 -> 600" in words
    assert "rule launch-bonus is gone" in words
    words = apply_text(corrected).changes[0].words
    assert words[0] == "version 3 corrects version 1: it holds from 2026-01-01 until 2026-06-01"
    assert "rule tips: commission_rate_bps 500 -> 550" in words
    assert apply_text(corrected).changes == []


def test_agreements_document__keys__all_explained() -> None:
    text = (DOCS / "agreements.md").read_text("utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    models: list[type[BaseModel]] = [AgreementsDocument, RuleEntry]
    models_of_entries = ("PartnerEntry", "AgreementEntry", "RuleEntry", "TiersEntry", "TierEntry")
    entries = [json_schema()["$defs"][name]["properties"] for name in models_of_entries]
    assert named == {key for properties in entries for key in properties}
    assert all(field.description for model in models for field in model.model_fields.values())


def test_agreements_schema__beside_the_document__is_the_models_own() -> None:
    stored = json.loads((DOCS / "agreements.schema.json").read_text("utf-8"))
    assert stored == json_schema(), (
        "write json_schema() of aurora_pipeline.agreements.file.document to docs/agreements.schema.json"
    )
