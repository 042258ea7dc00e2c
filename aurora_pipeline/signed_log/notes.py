"""Signed notes of C2SP (c2sp.org/signed-note): text that Ed25519 keys signed, and the keys in their text forms.

Pure: no file, clock or database. The key's text forms are those of Go's `note` package, which many tools read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from aurora_pipeline.signed_log.errors import KeyNotUnderstood, NoteNotUnderstood, SignatureWrong

ED25519: Final = b"\x01"
"""The byte that stands for Ed25519 among the kinds of signatures."""
KEY_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64
SIGNATURES_MAX: Final = 64
NOTE_BYTES_MAX: Final = 1_000_000

_PRIVATE: Final = "PRIVATE+KEY+"
_NAME: Final = re.compile(r"[^\s+]+")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DASH: Final = "— "


@dataclass(frozen=True)
class PublicKey:
    """The half of a key that everybody may know."""

    name: str
    raw: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signature lines name the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(ED25519 + self.raw)}"

    def signed(self, text: str, signature: bytes) -> bool:
        """Whether the signature of the text is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A whole key. Its secret is shown by `secret_text` alone, for the file that keeps it."""

    name: str
    _seed: bytes = field(repr=False)

    @classmethod
    def new(cls, name: str) -> SigningKey:
        """A key that was never there before."""
        return cls(require_name(name), Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> PublicKey:
        """What others verify by."""
        return PublicKey(self.name, self._key.public_key().public_bytes_raw())

    def sign(self, text: str) -> Signature:
        """Sign a note's text, which ends with a newline."""
        return Signature(self.name, self.public.key_id, self._key.sign(text.encode()))

    def secret_text(self) -> str:
        """The key's one line, for a file that only its owner may read."""
        return f"{_PRIVATE}{self.name}+{self.public.key_id.hex()}+{to_base64(ED25519 + self._seed)}"

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._seed)


@dataclass(frozen=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    raw: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.raw)}\n"


@dataclass(frozen=True)
class SignedNote:
    """A text and who signed it. Nothing of the text counts before `verified_by` has answered."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"

    def verified_by(self, keys: Iterable[PublicKey]) -> list[PublicKey]:
        """Which of the known keys signed it; raises where none did, or where one of their signatures does not hold."""
        known = {(key.name, key.key_id): key for key in keys}
        found: list[PublicKey] = []
        for signature in self.signatures:
            key = known.get((signature.name, signature.key_id))
            if key is None:
                continue  # unknown signatures are ignored: a witness or a later key may have added its own
            if not key.signed(self.text, signature.raw):
                raise SignatureWrong(f"the signature of {key.name} ({key.key_id.hex()}) does not fit the text")
            found.append(key)
        if not found:
            signers = ", ".join(f"{one.name} ({one.key_id.hex()})" for one in self.signatures)
            wanted = ", ".join(f"{key.name} ({key.key_id.hex()})" for key in known.values()) or "no key"
            raise SignatureWrong(f"it is signed by {signers}, and known is {wanted}")
        return found


def signed_note(text: str, keys: Sequence[SigningKey]) -> SignedNote:
    """A text signed by each of some keys."""
    _require_note_text(text)
    return SignedNote(text, tuple(key.sign(text) for key in keys))


def parse_note(data: bytes) -> SignedNote:
    """A note from the bytes of a file; raises where they are none."""
    if len(data) > NOTE_BYTES_MAX:
        raise NoteNotUnderstood(f"it has {len(data)} bytes, more than any signed note")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise NoteNotUnderstood("it is no UTF-8 text, so no signed note") from None
    text, blank, signed = whole.rpartition("\n\n")
    if not blank or not signed.endswith("\n"):
        raise NoteNotUnderstood("it is no signed note: after a blank line there have to be lines with signatures")
    text += "\n"
    _require_note_text(text)
    lines = signed[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteNotUnderstood(f"it has {len(lines)} signatures, more than {SIGNATURES_MAX}")
    return SignedNote(text, tuple(map(_signature, lines)))


def _require_note_text(text: str) -> None:
    if _CONTROL.search(text):
        raise NoteNotUnderstood("it has a control character (a carriage return or a tab?), so it is no signed note")
    if not text.endswith("\n"):
        raise NoteNotUnderstood("the text of a note ends with a newline")


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or _NAME.fullmatch(name) is None:
        raise NoteNotUnderstood(f"a line after the blank one is no signature: {line[:80]!r}")
    raw = from_base64(encoded)
    if raw is None or len(raw) <= 4:
        raise NoteNotUnderstood(f"the signature of {name} is no base64 of more than four bytes")
    return Signature(name, raw[:4], raw[4:])


def parse_public_key(text: str) -> PublicKey:
    """A public key from its one line; raises where it is none, or where its number does not fit it."""
    name, key_id, raw = _key_parts(text.strip(), "NAME+8 hex digits+base64, as `aurora keys list` shows it")
    key = PublicKey(name, raw)
    if key.key_id.hex() != key_id:
        raise KeyNotUnderstood(f"the key {name}+{key_id} was changed: its number should be {key.key_id.hex()}")
    return key


def parse_signing_key(text: str) -> SigningKey:
    """A whole key from the line of its file. Errors never show what stands in it."""
    if not text.startswith(_PRIVATE):
        raise KeyNotUnderstood("it is no file of a signing key: its one line begins with PRIVATE+KEY+")
    name, key_id, seed = _key_parts(text.removeprefix(_PRIVATE).strip(), "the line that `aurora keys new` wrote")
    key = SigningKey(name, seed)
    if key.public.key_id.hex() != key_id:
        raise KeyNotUnderstood("the line of the signing key was changed: its number does not fit it")
    return key


def _key_parts(text: str, form: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = from_base64(encoded)
    if raw is None or _NAME.fullmatch(name) is None or re.fullmatch(r"[0-9a-f]{8}", key_id) is None:
        raise KeyNotUnderstood(f"it is no key: {form}")
    if raw[:1] != ED25519 or len(raw) != 1 + KEY_SIZE:
        raise KeyNotUnderstood(f"the key {name}+{key_id} is none of Ed25519")
    return name, key_id, raw[1:]


def require_name(name: str) -> str:
    """A key's name, which is the log's too; raises where it has spaces or plus signs."""
    if _NAME.fullmatch(name) is None or not name.isprintable() or len(name) > 200:
        raise KeyNotUnderstood(
            f"{name!r} can't name a log: it has a space, a plus sign or nothing in it",
            "choose one like an address of yours without https://, such as example.com/aurora",
        )
    return name


def to_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes | None:
    """What standard base64 stands for; None where it is none, or not the one way to write it."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        return None
    return data if to_base64(data) == text else None
