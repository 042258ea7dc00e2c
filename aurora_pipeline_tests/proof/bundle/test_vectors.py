"""Signatures and proofs of logs that stand as data: those of RFC 8032 and RFC 6962, and what lax verifiers take.

`vectors.json` says of each whether it holds. Signatures that are malleable, points that are written in two ways, keys
of small order; paths that are shorter, longer, turned round or of another place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.proof.bundle.verify import Untrue, is_grown, is_signed, root_by_path
from aurora_pipeline_tests.proof.bundle.verify_page import Page, needs_node

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
Vector = Mapping[str, Any]


def signature_holds(one: Vector) -> bool:
    return is_signed(*(bytes.fromhex(one[name]) for name in ("key", "message", "signature")))


def inclusion_holds(one: Vector) -> bool:
    path = list(map(bytes.fromhex, one["path"]))
    return root_by_path(one["index"], one["size"], bytes.fromhex(one["leaf"]), path).hex() == str(one["root"])


def consistency_holds(one: Vector) -> bool:
    old_root, root = bytes.fromhex(one["old_root"]), bytes.fromhex(one["root"])
    return is_grown(one["old_size"], old_root, one["size"], root, one["path"])


HOLDS = {"signatures": signature_holds, "inclusion": inclusion_holds, "consistency": consistency_holds}


@pytest.mark.parametrize("kind", list(HOLDS))
def test_verify_py__each_vector__holds_or_does_not(kind: str) -> None:
    assert [one["why"] for one in VECTORS[kind] if _holds(kind, one) != one["holds"]] == []


@needs_node
@pytest.mark.parametrize("kind", list(HOLDS))
def test_verify_html__each_vector__holds_or_does_not(kind: str) -> None:
    told = Page.holds(VECTORS[kind])
    assert [one["why"] for one, holds in zip(VECTORS[kind], told, strict=True) if holds != one["holds"]] == []


def _holds(kind: str, one: Vector) -> bool:
    """Also what cannot be computed to its end does not hold, as where a bundle is verified."""
    try:
        return HOLDS[kind](one)
    except (Untrue, LookupError, ValueError):
        return False
