"""Signing the log: what it covers, that it never signs two histories, and keys that come, go and are lost."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest

from aurora_pipeline.decisions.log import append, entries
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.signed_log.checkpoint_text import parse_growth, parse_proof
from aurora_pipeline.signed_log.errors import (
    CheckpointUnknown,
    KeyFileUnsafe,
    KeyNotAtHand,
    KeyThere,
    LeafNotCovered,
    LogInconsistent,
    SignatureWrong,
)
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.keys import new_key, rotate_key
from aurora_pipeline.signed_log.leaves import AUDIT
from aurora_pipeline.signed_log.log import (
    checkpoint_of,
    checkpoints,
    growth,
    known_keys,
    leaf_hashes,
    leaf_proof,
    newest_checkpoint,
)
from aurora_pipeline.signed_log.notes import PublicKey
from aurora_pipeline.signed_log.signing import Signed, append_new, sign
from aurora_pipeline.store import merkle
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.signed_log.conftest import NAME, decide


def keys_of(database: Database) -> list[PublicKey]:
    with database.connect() as connection:
        return [one.key for one in known_keys(connection)]


def test_sign__what_was_recorded__is_covered_signed_and_proven_leaf_by_leaf(keyed: Database, file: KeyFile) -> None:
    decide(keyed, 5)
    signed = sign(keyed, file)
    assert signed.is_new
    assert signed.at.checkpoint.verified_by(keys_of(keyed)) == keys_of(keyed)
    with keyed.connect() as connection:
        recorded = list(entries(connection))
        assert signed.at.size == len(recorded) == 7
        assert signed.at.checkpoint.head.root == merkle.root([merkle.leaf_hash(one.record) for one in recorded])
        for entry in recorded:
            proof = parse_proof(str(leaf_proof(connection, AUDIT, entry.sequence, signed.at.checkpoint)).encode())
            assert proof.index == entry.sequence - 1
            assert proof.proves(entry.record)
        assert checkpoint_of(connection, AUDIT, 3) == signed.at == newest_checkpoint(connection)


def test_sign__again_with_nothing_new__gives_the_same_checkpoint(keyed: Database, file: KeyFile) -> None:
    first = sign(keyed, file)
    assert sign(keyed, file) == Signed(first.at, False)
    with keyed.connect() as connection:
        assert checkpoints(connection) == [first.at]


def test_sign__day_after_day__each_checkpoint_grows_out_of_every_earlier_one(keyed: Database, file: KeyFile) -> None:
    signed = []
    for _ in range(6):
        decide(keyed, 3)
        signed.append(sign(keyed, file).at)
    with keyed.connect() as connection:
        for place, old in enumerate(signed):
            for new in signed[place:]:
                found = parse_growth(str(growth(connection, old.size, new.checkpoint)).encode())
                assert found.proves(old.checkpoint.head)
                assert not any(found.proves(one.checkpoint.head) for one in signed if one != old)
        first_after = checkpoint_of(connection, AUDIT, signed[2].size + 1)
        assert first_after == signed[3]
        with pytest.raises(CheckpointUnknown):
            growth(connection, signed[1].size, signed[0].checkpoint)


def test_proof__of_what_no_checkpoint_covers__is_refused(keyed: Database, file: KeyFile) -> None:
    signed = sign(keyed, file)
    decide(keyed)
    with keyed.connect() as connection:
        append_new(connection)
        assert checkpoint_of(connection, AUDIT, signed.at.size + 1) is None
        for number in (signed.at.size + 1, 1_000):
            with pytest.raises(LeafNotCovered):
                leaf_proof(connection, AUDIT, number, signed.at.checkpoint)


def test_sign__what_is_not_committed__is_not_covered(keyed: Database, file: KeyFile) -> None:
    """A transaction that is rolled back while somebody signs leaves no leaf: signing waits for it."""
    done: list[Signed] = []
    signer = threading.Thread(target=lambda: done.append(sign(keyed, file)))
    with keyed.connect() as connection:
        append(connection, "ada", "thing.changed", "thing/1", None, {})
        signer.start()
        connection.rollback()
    signer.join(30)
    assert done[0].at.size == 2


def test_sign__many_at_once__one_root_per_size(keyed: Database, file: KeyFile, tmp_path: Path) -> None:
    files = [KeyFile(tmp_path / f"copy{number}.key") for number in range(4)]
    for one in files:
        one.path.touch(mode=0o600)
        one.path.write_text(file.path.read_text())
    start, trouble = threading.Barrier(4), list[BaseException]()

    def work(own: KeyFile) -> None:
        try:
            start.wait(30)
            for _ in range(4):
                decide(keyed)
                sign(keyed, own)
        except BaseException as error:
            trouble.append(error)

    workers = [threading.Thread(target=work, args=[one]) for one in files]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert trouble == []
    with keyed.connect() as connection:
        found, hashes = checkpoints(connection), leaf_hashes(connection)
        assert len(hashes) == 2 + 16 == found[-1].size
        assert all(one.checkpoint.head.root == merkle.root(hashes[: one.size]) for one in found)
    assert all(one.last_signed() is not None for one in files)


def test_key_file__is_its_owners_alone_and_no_secret_is_anywhere_else(keyed: Database, file: KeyFile) -> None:
    sign(keyed, file)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700
    assert file.signed_path.stat().st_mode & 0o777 == 0o600
    secret = file.path.read_text().split("+", 4)[4].strip()
    with keyed.connect() as connection:
        names = connection.execute(
            """SELECT oid::regclass::text AS name FROM pg_class
               WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"""
        ).fetchall()
        texts = [str(connection.execute(f"SELECT * FROM {row['name']}".encode()).fetchall()) for row in names]
    assert not any(secret in text for text in texts)


def test_key_file__open_to_others__is_not_used(keyed: Database, file: KeyFile) -> None:
    file.path.chmod(0o640)
    with pytest.raises(KeyFileUnsafe, match="640"):
        sign(keyed, file)


def test_key__a_second_one_or_over_a_file__is_refused(keyed: Database, file: KeyFile, tmp_path: Path) -> None:
    with pytest.raises(KeyThere, match="aurora"):
        new_key(keyed, KeyFile(tmp_path / "other.key"), NAME, "ada", "again")
    assert not (tmp_path / "other.key").exists()
    assert len(keys_of(keyed)) == 1


def test_new_key__over_a_file_that_is_there__is_refused(database: Database, file: KeyFile) -> None:
    file.path.parent.mkdir(mode=0o700)
    key = file.prepare("example.com/other")
    file.promote()
    with pytest.raises(KeyThere):
        new_key(database, file, NAME, "ada", "a key")
    assert file.current() == key
    assert keys_of(database) == []


def test_sign__without_a_key_or_with_another_one__says_which(database: Database, file: KeyFile, tmp_path: Path) -> None:
    with pytest.raises(KeyNotAtHand, match="no key"):
        sign(database, file)
    new_key(database, file, NAME, "ada", "a key")
    with pytest.raises(KeyNotAtHand, match=keys_of(database)[0].key_id.hex()):
        sign(database, KeyFile(tmp_path / "nowhere.key"))
    stranger = KeyFile(tmp_path / "stranger.key")
    stranger.prepare(NAME)
    stranger.promote()
    with pytest.raises(KeyNotAtHand):
        sign(database, stranger)
    with database.connect() as connection:
        assert leaf_hashes(connection) == []


def test_rotation__the_old_keys_last_checkpoint__covers_the_record_of_the_new_one(
    keyed: Database, file: KeyFile
) -> None:
    before = sign(keyed, file)
    old = file.current()
    rotate_key(keyed, file, "ada", "a year is over")
    assert file.current() == old
    crossing = sign(keyed, file)
    first, second = keys_of(keyed)
    assert crossing.at.checkpoint.verified_by([first]) == [first]
    assert crossing.at.checkpoint.verified_by([second]) == [second]
    with keyed.connect() as connection:
        entry = list(entries(connection))[-1]
        assert (entry.action, entry.subject) == ("log_key.rotated", "log_key/2")
        assert leaf_proof(connection, AUDIT, entry.sequence, crossing.at.checkpoint).proves(entry.record)
    current = file.current()
    assert current is not None
    assert current.public == second
    assert file.waiting() is None
    decide(keyed)
    after = sign(keyed, file)
    assert after.at.checkpoint.verified_by([second]) == [second]
    with pytest.raises(SignatureWrong):
        after.at.checkpoint.verified_by([first])
    with keyed.connect() as connection:
        assert growth(connection, before.at.size, after.at.checkpoint).proves(before.at.checkpoint.head)


def test_rotation__that_was_interrupted__goes_on_where_it_was(keyed: Database, file: KeyFile) -> None:
    rotate_key(keyed, file, "ada", "a year is over")
    assert rotate_key(keyed, file, "ada", "once more, since nothing was said") is None
    crossing = sign(keyed, file)
    assert len(crossing.at.checkpoint.note.signatures) == 2
    assert len(keys_of(keyed)) == 2
    # Killed behind the commit, before the new key was in place: the next time only puts it there.
    file.path.rename(file.waiting_path)
    assert sign(keyed, file) == Signed(crossing.at, False)
    assert file.waiting() is None


def test_rotation__whose_record_is_refused__makes_no_second_key(keyed: Database, file: KeyFile) -> None:
    with pytest.raises(AuroraError):
        rotate_key(keyed, file, "ada", "")
    assert file.waiting() is None
    rotate_key(keyed, file, "ada", "a year is over")
    waiting = file.waiting()
    assert waiting is not None
    assert keys_of(keyed)[-1] == waiting.public


def test_rotation__of_a_lost_key__is_said_and_signed_by_the_new_one_alone(keyed: Database, file: KeyFile) -> None:
    sign(keyed, file)
    file.path.unlink()
    with pytest.raises(KeyNotAtHand):
        rotate_key(keyed, file, "ada", "a year is over")
    rotate_key(keyed, file, "ada", "the disk died", is_lost=True)
    found = sign(keyed, file)
    assert found.at.checkpoint.verified_by(keys_of(keyed)) == [keys_of(keyed)[1]]
    with keyed.connect() as connection:
        assert list(entries(connection))[-1].action == "log_key.replaced"


def rewritten(database: Database, *statements: str) -> None:
    """As a superuser who switches off every guard."""
    with database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


def test_sign__over_a_rewritten_log__is_refused(keyed: Database, file: KeyFile) -> None:
    decide(keyed, 3)
    sign(keyed, file)
    rewritten(keyed, "UPDATE log_leaves SET leaf_hash = repeat('a', 64) WHERE leaf_index = 1")
    decide(keyed)
    with pytest.raises(LogInconsistent, match="rewritten"):
        sign(keyed, file)


def test_sign__over_a_log_whose_end_and_checkpoints_were_cut_off__is_refused_by_the_file(
    keyed: Database, file: KeyFile
) -> None:
    """The database agrees with itself; what was signed from here before does not."""
    decide(keyed, 3)
    sign(keyed, file)
    rewritten(
        keyed, "DELETE FROM log_checkpoints", "DELETE FROM log_leaves", "DELETE FROM audit_log WHERE sequence > 3"
    )
    with pytest.raises(LogInconsistent, match="cut off"):
        sign(keyed, file)
    with keyed.connect() as connection:
        assert checkpoints(connection) == []


def test_sign__of_a_record_that_was_changed_before_it_was_covered__is_refused(keyed: Database, file: KeyFile) -> None:
    decide(keyed)
    rewritten(keyed, "UPDATE audit_log SET actor = 'mallory' WHERE sequence = 3")
    with pytest.raises(LogInconsistent, match="audit 3"):
        sign(keyed, file)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO log_leaves VALUES (3, 'audit', 3, repeat('a', 64))",
        "INSERT INTO log_leaves VALUES (2, 'audit', 4, repeat('a', 64))",
        "INSERT INTO log_leaves VALUES (2, 'audit', 3, repeat('a', 64)), (4, 'audit', 4, repeat('a', 64))",
        "INSERT INTO log_leaves VALUES (1, 'audit', 3, repeat('a', 64))",
        "INSERT INTO log_checkpoints VALUES (3, repeat('a', 64), 'note')",
        "INSERT INTO log_checkpoints VALUES (2, repeat('a', 64), 'note')",
        "UPDATE log_checkpoints SET root = repeat('a', 64)",
        "DELETE FROM log_leaves",
        "INSERT INTO log_keys (key_number, public_key, reason) VALUES (2, 'key', 'why')",
    ],
)
def test_log__what_is_no_growth__is_refused_by_the_database(keyed: Database, file: KeyFile, statement: str) -> None:
    sign(keyed, file)
    with pytest.raises(psycopg.DatabaseError), keyed.connect() as connection:
        connection.execute(statement.encode())
