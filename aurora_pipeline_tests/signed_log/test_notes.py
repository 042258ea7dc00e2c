"""Signed notes, checkpoints and proofs against the examples of their specifications, and texts that are nearly some."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.signed_log.checkpoint_text import (
    LeafProof,
    TreeHead,
    parse_checkpoint,
    parse_proof,
    signed_checkpoint,
)
from aurora_pipeline.signed_log.errors import KeyNotUnderstood, NoteNotUnderstood, SignatureWrong
from aurora_pipeline.signed_log.notes import (
    PublicKey,
    SignedNote,
    SigningKey,
    parse_note,
    parse_public_key,
    parse_signing_key,
    signed_note,
)
from aurora_pipeline.store import merkle

# The test key of Go's golang.org/x/mod/sumdb/note, and the note that its documentation signs with it.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_NOTE = (
    PETER_TEXT + "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of c2sp.org/tlog-checkpoint; the key id in front of its signature is that of the log's own key.
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
KEY = SigningKey.new("example.com/aurora")
OTHER = SigningKey.new("example.com/aurora")


def test_note__of_the_reference_implementation__is_read_signed_and_verified_alike() -> None:
    key, note = parse_public_key(PETER), parse_note(PETER_NOTE.encode())
    assert (note.text, str(note)) == (PETER_TEXT, PETER_NOTE)
    assert note.verified_by([key]) == [key]
    signer = parse_signing_key(PETER_SECRET)
    assert (signer.public, str(signer.public), signer.secret_text()) == (key, PETER, PETER_SECRET)
    assert str(signed_note(PETER_TEXT, [signer])) == PETER_NOTE  # Ed25519 signs the same text the same way


def test_checkpoint__of_the_specification__is_read_and_written_alike() -> None:
    found = parse_checkpoint(SOFA.encode())
    assert (found.head.origin, found.head.size) == ("example.com/behind-the-sofa", 20852163)
    assert base64.b64encode(found.head.root).decode() == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert str(found) == SOFA


def test_key__its_number__is_as_the_specification_computes_it() -> None:
    content = b"example.com/aurora\n\x01" + KEY.public.raw
    assert KEY.public.key_id == hashlib.sha256(content).digest()[:4]
    assert parse_public_key(str(KEY.public)) == KEY.public
    assert parse_signing_key(KEY.secret_text()).public == KEY.public
    assert KEY.secret_text() not in repr(KEY)
    assert "seed" not in repr(KEY)


def test_note__any_changed_letter__is_refused() -> None:
    note = str(signed_note("a text\nof two lines\n", [KEY]))
    for place, letter in enumerate(note):
        changed = note[:place] + ("x" if letter != "x" else "y") + note[place + 1 :]
        with pytest.raises((SignatureWrong, NoteNotUnderstood)):
            parse_note(changed.encode()).verified_by([KEY.public])


def test_note__of_several_keys__counts_for_whoever_knows_one_of_them() -> None:
    note = parse_note(str(signed_note("text\n", [KEY, OTHER])).encode())
    assert note.verified_by([OTHER.public]) == [OTHER.public]
    assert note.verified_by([KEY.public, OTHER.public]) == [KEY.public, OTHER.public]
    stranger = SigningKey.new("example.com/aurora").public
    with pytest.raises(SignatureWrong, match=stranger.key_id.hex()):
        note.verified_by([stranger])
    with pytest.raises(SignatureWrong, match="no key"):
        note.verified_by([])


def test_note__with_one_good_and_one_false_signature_of_known_keys__is_refused() -> None:
    false = SignedNote("text\n", (KEY.sign("text\n"), OTHER.sign("other\n")))
    with pytest.raises(SignatureWrong, match=OTHER.public.key_id.hex()):
        false.verified_by([KEY.public, OTHER.public])
    assert false.verified_by([KEY.public]) == [KEY.public]  # to whom the other is unknown


def test_checkpoint__signed_by_a_key_of_another_name__is_refused() -> None:
    stranger = SigningKey.new("example.org/other")
    found = signed_checkpoint(TreeHead(KEY.name, 1, bytes(32)), [stranger])
    with pytest.raises(SignatureWrong):
        found.verified_by([stranger.public])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n— name AAAA\n",
        "text\n\n— na+me AAAAAAAAAAA=\n",
        "text\n\n— name AAAAAAAAAAA=",
        "text\n\n- name AAAAAAAAAAA=\n",
        "text\n\n— name AAAAAAAAAAA\n",
        "text\r\n\r\n— name AAAAAAAAAAA=\r\n",
        "te\txt\n\n— name AAAAAAAAAAA=\n",
        "text\n\n" + "— name AAAAAAAAAAA=\n" * 65,
    ],
)
def test_note__that_is_none__is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(NoteNotUnderstood):
        parse_note(text.encode())


def test_note__that_is_no_text_or_very_long__is_refused() -> None:
    for data in (b"\xff\xfe\n\n", b"a" * 2_000_000):
        with pytest.raises(NoteNotUnderstood):
            parse_note(data)


@pytest.mark.parametrize(
    "body",
    [
        "name\n1\n",
        "\n1\n" + "A" * 43 + "=\n",
        "name\n01\n" + "A" * 43 + "=\n",
        "name\n-1\n" + "A" * 43 + "=\n",
        "name\n1\n" + "A" * 42 + "==\n",
        "name\n1\n" + "A" * 42 + "B=\n",
        "name\n1\n" + "A" * 43 + "=\nextension\n",
        "name\n" + "9" * 30 + "\n" + "A" * 43 + "=\n",
    ],
)
def test_checkpoint__that_is_none__is_refused(body: str) -> None:
    with pytest.raises(NoteNotUnderstood):
        parse_checkpoint(f"{body}\n— name AAAAAAAAAAA=\n".encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+AAAA",
        str(KEY.public).replace("aurora", "aurorb"),
        str(KEY.public)[:-1],
        str(KEY.public).upper(),
        str(KEY.public).replace("+A", "+B", 1),
        KEY.secret_text(),
    ],
    ids=["empty", "a name", "a short key", "another name", "cut", "upper case", "another letter", "the secret one"],
)
def test_public_key__that_is_none__is_refused_and_no_secret_is_shown(text: str) -> None:
    with pytest.raises(KeyNotUnderstood) as refused:
        parse_public_key(text)
    assert KEY.secret_text().split("+", 4)[4] not in str(refused.value)


def test_signing_key__that_was_changed__is_refused_and_no_secret_is_shown() -> None:
    secret = KEY.secret_text()
    for text in (secret.replace("aurora", "aurorb"), secret[:-8], str(KEY.public), ""):
        with pytest.raises(KeyNotUnderstood) as refused:
            parse_signing_key(text)
        assert secret.split("+", 4)[4][:12] not in str(refused.value)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "x" * 201, "a\x7fb"])
def test_name__with_spaces_or_plus__names_no_log(name: str) -> None:
    with pytest.raises(KeyNotUnderstood):
        SigningKey.new(name)


@given(st.lists(st.binary(max_size=5), min_size=1, max_size=20), st.data())
def test_proof__of_any_leaf__is_read_back_and_proves_that_leaf_alone(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree = merkle.Tree([*map(merkle.leaf_hash, leaves)])
    checkpoint = signed_checkpoint(TreeHead(KEY.name, len(leaves), tree.root), [KEY])
    proof = LeafProof(index, tuple(tree.inclusion_path(index)), checkpoint)
    found = parse_proof(str(proof).encode())
    assert (found, str(found)) == (proof, str(proof))
    assert found.checkpoint.verified_by([KEY.public]) == [KEY.public]
    assert found.proves(leaves[index])
    assert not found.proves(leaves[index] + b"!")


def test_proof__extra_data__is_passed_over() -> None:
    checkpoint = signed_checkpoint(TreeHead(KEY.name, 1, merkle.leaf_hash(b"a")), [KEY])
    text = f"c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\n{checkpoint}"
    assert parse_proof(text.encode()).proves(b"a")


@pytest.mark.parametrize(
    "front",
    [
        "",
        "c2sp.org/tlog-proof@v2\nindex 0\n",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n",
        "c2sp.org/tlog-proof@v1\nindex é\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + ("A" * 43 + "=\n") * 65,
    ],
)
def test_proof__that_is_none__is_refused(front: str) -> None:
    checkpoint = signed_checkpoint(TreeHead(KEY.name, 1, merkle.leaf_hash(b"a")), [KEY])
    with pytest.raises(NoteNotUnderstood):
        parse_proof(f"{front}\n{checkpoint}".encode())


def test_key__of_a_point_that_is_none__verifies_nothing() -> None:
    """32 bytes that are no point of the curve are a wrong key, not a crash."""
    key = PublicKey(KEY.name, b"\xff" * 32)
    assert not key.signed("text\n", bytes(64))
    assert not KEY.public.signed("text\n", b"short")
