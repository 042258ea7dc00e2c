"""Errors about the signed log, its checkpoints and keys, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import AuroraError, CheckFailed, Conflict, Misconfigured, NotThere


class NoteNotUnderstood(AuroraError):
    """A text is no signed note, no checkpoint or no proof of the log."""

    code = "note-not-understood"
    what_to_do = "Give the file as `aurora checkpoint` wrote it; nothing in it may be edited, not even a line's end."


class KeyNotUnderstood(AuroraError):
    """A text is no key of a signed log."""

    code = "log-key-not-understood"
    what_to_do = "A public key is one line, NAME+8 hex digits+base64, as `aurora keys list` shows it."


class SignatureWrong(CheckFailed):
    """No known key signed a note, or the signature of one does not hold."""

    code = "signature-wrong"
    what_to_do = "Compare the key with the one that the operator gave you on paper, and the file with your own copy."


class CheckpointUnknown(NotThere):
    """No checkpoint was signed at that size."""

    code = "checkpoint-unknown"
    what_to_do = "`aurora checkpoint list` shows those there are."


class LeafNotCovered(NotThere):
    """A record is under no checkpoint yet, or not under that one."""

    code = "not-under-a-checkpoint"
    what_to_do = "Sign one now with `aurora checkpoint`."


class LogInconsistent(CheckFailed):
    """What is recorded does not follow from a checkpoint that was signed before: history was rewritten or is lost."""

    code = "log-inconsistent"
    what_to_do = "Nothing was signed. Run `aurora audit`, and compare with a backup and with the checkpoints you kept."


class KeyNotAtHand(Misconfigured):
    """The key that signs the log is not where it is looked for."""

    code = "log-key-not-at-hand"
    what_to_do = "Make one with `aurora keys new NAME`, or set AURORA_LOG_KEY to the file that holds it."


class KeyFileUnsafe(Misconfigured):
    """The file of the signing key can be read or changed by others."""

    code = "log-key-file-unsafe"
    what_to_do = "Close it: chmod 600 FILE. If others may have read it, `aurora keys rotate`."


class KeyThere(Conflict):
    """There is a key already, or a file where the new one should be written. Nothing was changed."""

    code = "log-key-there"
    what_to_do = "`aurora keys rotate` puts another one in its place."
