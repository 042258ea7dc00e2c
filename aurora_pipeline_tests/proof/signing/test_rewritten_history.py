"""A database whose history was rewritten as a whole holds by itself; what partners kept outside contradicts it."""

from __future__ import annotations

import pytest

from aurora_pipeline.decisions.log import append
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.proof.signing.checkpoints import verify_kept
from aurora_pipeline.proof.verifying.verify import verify_audit
from aurora_pipeline.signed_log.checkpoint_text import SignedHead, parse_checkpoint, parse_growth
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.leaves import AUDIT, KINDS
from aurora_pipeline.signed_log.log import growth, known_keys, leaf_proof, newest_checkpoint
from aurora_pipeline.signed_log.notes import SigningKey
from aurora_pipeline.signed_log.signing import append_new, sign
from aurora_pipeline.store import merkle
from aurora_pipeline_tests.proof.conftest import Proven
from aurora_pipeline_tests.proof.signing.rewriting import rewrite
from aurora_pipeline_tests.store.test_merkle import proven_root, proven_roots


def kept_by_a_partner(proven: Proven) -> tuple[SignedHead, str]:
    """The checkpoint as a file, and the key as it stands on paper."""
    newest = newest_checkpoint(proven.connection)
    assert newest is not None
    return parse_checkpoint(str(newest.checkpoint).encode()), str(known_keys(proven.connection)[-1].key)


def newest(proven: Proven) -> SignedHead:
    found = newest_checkpoint(proven.connection)
    assert found is not None
    return found.checkpoint


def test_rewriting_everything__aurora_alone_holds_and_the_kept_checkpoint_catches_it(proven: Proven) -> None:
    kept, paper = kept_by_a_partner(proven)
    keys = [one.key for one in known_keys(proven.connection)]
    assert verify_kept(proven.connection, kept).holds
    assert verify_kept(proven.connection, kept, keys[-1]).holds
    rewrite(proven.connection)
    # By itself the database is as good as new: figures, lineages, chains, leaves, checkpoint and signature.
    assert proven.verify().holds
    report = verify_audit(proven.connection)
    assert [str(one) for one in (*report.failures, *report.notes)] == []
    assert {one["actor"] for one in proven.run("SELECT actor FROM audit_log")} == {"mallory"}
    # The kept file is signed by the key on paper, and its leaves are not those of today.
    assert str(keys[-1]) == paper
    (failure,) = verify_kept(proven.connection, kept, keys[-1]).failures
    assert failure.problem.endswith("history was rewritten")
    # Who believes what the database says of keys is told of those first.
    assert [one.problem for one in verify_kept(proven.connection, kept).failures] == [
        f"it is signed by {paper.partition('+')[0]} ({keys[-1].key_id.hex()}), and known is"
        f" {paper.partition('+')[0]} ({known_keys(proven.connection)[-1].key.key_id.hex()})",
        failure.problem,
    ]


def test_rewriting_everything__bare_proofs_of_rfc_6962_show_it_without_aurora(proven: Proven) -> None:
    """By the recursion of the RFC alone: whatever proof the rewritten log gives, it does not lead to the kept root."""
    kept, _ = kept_by_a_partner(proven)
    old = kept.head
    entry = proven.run("SELECT sequence FROM audit_log ORDER BY sequence LIMIT 1")[0]["sequence"]
    record = next(iter(KINDS[0].records(proven.connection, 0))).content
    assert record is not None
    before = leaf_proof(proven.connection, AUDIT, entry, kept)
    assert proven_root(merkle.leaf_hash(record), before.index, old.size, before.path) == old.root
    rewrite(proven.connection)
    # It goes on: something new is decided, and signed by whoever holds the rewritten log.
    append(proven.connection, "mallory", "thing.changed", "thing/1", None, {})
    append_new(proven.connection)
    today = newest(proven)
    leaves = proven.run("SELECT leaf_hash FROM log_leaves ORDER BY leaf_index")
    tree = merkle.Tree([bytes.fromhex(row["leaf_hash"]) for row in leaves])
    assert tree.size > old.size
    path = tree.consistency_path(old.size)
    given_old, given_new = proven_roots(old.size, tree.size, tree.root_at(old.size), path, is_whole=True)
    assert (given_old == old.root, given_new == tree.root) == (False, True)
    # The record as the partner has it is in no place of the rewritten log.
    after = leaf_proof(proven.connection, AUDIT, entry, today)
    assert proven_root(merkle.leaf_hash(record), after.index, today.head.size, after.path) != today.head.root
    assert not parse_growth(str(growth(proven.connection, old.size, today)).encode()).proves(old)


def test_rewriting_everything__the_signer_refuses_to_go_on(copied_signed: tuple[Proven, KeyFile]) -> None:
    """Where the key's folder is kept, the very next checkpoint is refused, whichever key is said to be the log's."""
    proven, file = copied_signed
    with proven.aurora.database.connect() as connection:
        rewrite(connection)
    with pytest.raises(AuroraError) as refused:
        sign(proven.aurora.database, file)
    assert refused.value.code == "log-key-not-at-hand"
    current = file.current()
    assert current is not None
    with proven.aurora.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE log_keys SET public_key = %s WHERE key_number = 2", [str(current.public)])
    with pytest.raises(AuroraError) as refused:
        sign(proven.aurora.database, file)
    assert refused.value.code == "log-inconsistent"


def test_kept_checkpoint__of_another_key__is_not_aurora_s(proven: Proven) -> None:
    kept, _ = kept_by_a_partner(proven)
    stranger = SigningKey.new(kept.head.origin).public
    (failure,) = verify_kept(proven.connection, kept, stranger).failures
    assert stranger.key_id.hex() in failure.problem
