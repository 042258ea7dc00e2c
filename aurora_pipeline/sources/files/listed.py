"""What a file lists of an epoch, by validator: found by key or identity, with what is wrong and about whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from aurora_pipeline.foundation.listing import listed as shown
from aurora_pipeline.foundation.mistakes import Mistake
from aurora_pipeline.sources.files.mistakes import in_words

Told = TypeVar("Told")
Asked = Mapping[str, Sequence[str]]
"""Validators by key, each with the identities it had."""
NOT_LISTED: Final = "NOT_LISTED"
"""The reason of a 0 of a validator that the file does not list, where its mapping says `absent: zero`."""


@dataclass(frozen=True)
class NotFound:
    """A file says nothing usable about a validator, and why; no reason: it does not list it."""

    problem: str | None = None


class Listed(dict[str, Told]):
    """Rows by subject, which is the validator's key, or the identity where the file is keyed by that."""

    def __init__(
        self,
        rows: Mapping[str, Told],
        *,
        by_identity: bool = False,
        mistakes: Mapping[str | None, Sequence[Mistake]] | None = None,
        absent: Told | None = None,
        remarks: Sequence[str] = (),
        places: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        """`mistakes` by subject; of None those of which nobody can say whom they are about.

        `absent` is what not being listed says; `remarks` is what looks odd in the columns as a whole; `places` are the
        numbers of each subject's rows.
        """
        self.by_identity = by_identity
        self.mistakes = dict(mistakes or {})
        self.absent = absent
        self.remarks = tuple(remarks)
        self._places = dict(places or {})
        super().__init__({subject: told for subject, told in rows.items() if subject not in self.mistakes})

    def find(self, validator_key: str, identities: Sequence[str]) -> Told | NotFound:
        """What the file says of a validator."""
        names = self._names(validator_key, identities)
        if self.by_identity and not identities:
            return NotFound("its identity is not known, by which the file lists validators")
        wrong = [mistake for name in (None, *names) for mistake in self.mistakes.get(name, ())]
        if wrong:
            return NotFound(in_words(wrong))
        if len(names) > 1:
            return NotFound(f"the file lists it under {len(names)} identities: {shown(names)}")
        if names:
            return self[names[0]]
        return NotFound() if self.absent is None or not self else self.absent

    def lists(self, validator_key: str, identities: Sequence[str]) -> bool:
        """Whether the file has a row of the validator's own."""
        return bool(self._names(validator_key, identities))

    def rows_about(self, validator_key: str, identities: Sequence[str]) -> list[int]:
        """In which rows of the file the validator stands."""
        return [number for name in self._names(validator_key, identities) for number in self._places.get(name, ())]

    def refusal(self, asked: Asked) -> str | None:
        """Why the file cannot be used for some validators: rows about them, or about nobody knows whom, are wrong."""
        wrong = self.mistakes_about(asked)
        return in_words(wrong) if wrong else None

    def mistakes_about(self, asked: Asked | None) -> list[Mistake]:
        """What is wrong in rows about some validators (None: any), or about nobody knows whom, in the file's order."""
        ours = {name for key, identities in (asked or {}).items() for name in self._names(key, identities)}
        wrong = [
            mistake
            for subject, found in self.mistakes.items()
            if asked is None or subject is None or subject in ours
            for mistake in found
        ]
        return sorted(wrong, key=lambda one: one.line or 0)

    def warnings(self, asked: Asked) -> list[str]:
        """What looks odd: in the columns as a whole, and rows about others than some validators that can't be read."""
        ours = {name for key, identities in asked.items() for name in (key, *identities)}
        strangers = [subject for subject in self.mistakes if subject is not None and subject not in ours]
        if not strangers:
            return list(self.remarks)
        wrong = in_words([mistake for name in strangers for mistake in self.mistakes[name]])
        one_or_more = "1 validator that is" if len(strangers) == 1 else f"{len(strangers)} validators that are"
        whom = f"{one_or_more} not operated ({shown(strangers)})"
        return [*self.remarks, f"rows about {whom} can't be read and are left out: {wrong}"]

    def _names(self, validator_key: str, identities: Sequence[str]) -> list[str]:
        names = identities if self.by_identity else (validator_key,)
        return [name for name in names if name in self or name in self.mistakes]
