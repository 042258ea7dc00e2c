"""Checks the signed log: every leaf is that of a record, every checkpoint signs the leaves that it covers."""

from __future__ import annotations

from typing import Any

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.signed_log.checkpoint_text import SignedHead, parse_checkpoint
from aurora_pipeline.signed_log.leaves import KINDS
from aurora_pipeline.signed_log.log import known_keys
from aurora_pipeline.signed_log.notes import PublicKey
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import body_hash
from aurora_pipeline.store.merkle import Tree, leaf_hash


def verify_signed_log(connection: Connection, findings: Findings) -> None:
    """Compare the log with the records, and its checkpoints with the log. Records behind the last leaf await one."""
    rows = connection.execute("SELECT leaf_index, kind, number, leaf_hash FROM log_leaves ORDER BY leaf_index")
    ordered = rows.fetchall()
    for due, row in enumerate(ordered):
        if row["leaf_index"] != due:
            findings.fail(Checked.LEAF, f"leaf {due} of the log", "it is missing, or was moved to another place")
            return
    left = _verify_records(connection, findings, {(row["kind"], row["number"]): row for row in ordered})
    for row in left:
        what = f"{row['kind']} {row['number']}"
        findings.fail(Checked.LEAF, f"leaf {row['leaf_index']} of the log", f"there is no {what}, of which it is")
    _verify_checkpoints(connection, findings, Tree([bytes.fromhex(row["leaf_hash"]) for row in ordered]))


def _verify_records(
    connection: Connection, findings: Findings, leaves: dict[tuple[str, int], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Compare each record that the log covers with its leaf; returns the leaves of no record."""
    for kind in KINDS:
        covered = max((number for name, number in leaves if name == kind.name), default=0)
        for record in kind.records(connection, 0):
            if record.number > covered:
                break
            leaf, where = leaves.pop((kind.name, record.number), None), f"{kind.name} {record.number}"
            if leaf is None:
                findings.fail(Checked.LEAF, where, "it is not in the log, and a later one is")
            elif record.content is None or body_hash(record.content) != record.stored_hash:
                continue  # its own chain is broken there, and says so
            elif leaf_hash(record.content).hex() != leaf["leaf_hash"]:
                problem = f"it is not what leaf {leaf['leaf_index']} of the log says was recorded"
                findings.fail(Checked.LEAF, where, problem)
            else:
                findings.ok(Checked.LEAF)
    return sorted(leaves.values(), key=lambda row: int(row["leaf_index"]))


def _verify_checkpoints(connection: Connection, findings: Findings, tree: Tree) -> None:
    try:
        keys = [one.key for one in known_keys(connection)]
    except AuroraError as error:
        findings.fail(Checked.CHECKPOINT, "log_keys", error.message)
        return
    signed = connection.execute("SELECT size, root, note FROM log_checkpoints ORDER BY size").fetchall()
    covered = signed[-1]["size"] if signed else 0
    if covered < tree.size:
        where = f"leaves {covered} to {tree.size - 1} of the log"
        findings.note(Checked.CHECKPOINT, where, "no checkpoint covers them: sign one now, if none was removed")
    for row in signed:
        problem = _problem(row, keys, tree)
        if problem is None:
            findings.ok(Checked.CHECKPOINT)
        else:
            findings.fail(Checked.CHECKPOINT, f"checkpoint of {row['size']} leaves", problem)


def _problem(row: dict[str, Any], keys: list[PublicKey], tree: Tree) -> str | None:
    try:
        checkpoint = parse_checkpoint(row["note"].encode())
        checkpoint.verified_by(keys)
    except AuroraError as error:
        return error.message
    head = checkpoint.head
    if (head.size, head.root.hex()) != (row["size"], row["root"]):
        return "its note signs another size or root"
    return signs_otherwise(checkpoint, tree)


def signs_otherwise(checkpoint: SignedHead, tree: Tree) -> str | None:
    """Why today's log does not grow out of a checkpoint; None where it does."""
    head = checkpoint.head
    if head.size > tree.size:
        return f"it covers {head.size} leaves, and the log has {tree.size}: its end was cut off"
    if tree.root_at(head.size) != head.root:
        return f"the first {head.size} leaves of the log are not those that it signs: history was rewritten"
    return None
