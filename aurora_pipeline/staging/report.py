"""What staging and observing tell about themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.declaration import FigureState


class NothingObserved(AuroraError):
    """No provider answered a look at the running period: looking again before its end may help."""

    code = "nothing-observed"
    what_to_do = "Look again before the epoch ends: what is not observed in time stays unknown."


@dataclass(frozen=True)
class StagingReport:
    """How a staging run of one data type ended. Pending is no failure."""

    chain_id: str
    epoch: EpochNumber
    data_type: str
    requests: int
    reused: int
    body_bytes: int
    states: Mapping[str, int]
    """How many subjects are in which state now, those included that were complete before."""
    reasons: Mapping[str, int]
    """Why subjects are not final, and how many."""
    providers_down: tuple[str, ...]
    replaced: tuple[str, ...]
    """Who answered instead of whom, why, and about how many."""
    retracted: tuple[str, ...]
    """Which providers were heard and have no longer what they said before, about whom."""
    files_refused: tuple[str, ...]
    """What is wrong with files of the operator's that were to be read."""
    nothing_heard: bool
    """Whether questions were open and no provider answered a single one: trying again soon may help."""

    @property
    def is_complete(self) -> bool:
        """Whether every subject is final and every provider that was asked answered."""
        return not self.providers_down and not self.files_refused and set(self.states) <= {FigureState.FINAL.value}

    def as_metadata(self) -> dict[str, int | str]:
        """Plain values for a run's metadata."""
        return {
            "requests": self.requests,
            "answers_reused": self.reused,
            "body_bytes": self.body_bytes,
            "states": _listed(self.states) or "nobody to ask about",
            "reasons": "; ".join(f"{count} {reason}" for reason, count in self.reasons.items()) or "none",
            "providers_down": "; ".join(self.providers_down) or "none",
            "replaced": "; ".join(self.replaced) or "none",
            "retracted": "; ".join(self.retracted) or "none",
            "files_refused": "; ".join(self.files_refused) or "none",
        }


def together(data_type: str, reports: Sequence[StagingReport]) -> StagingReport:
    """The reports of all who were asked about a data type as one."""
    if len(reports) == 1:
        return reports[0]

    def counted(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
        found: Counter[str] = Counter()
        for one in counts:
            found.update(one)
        return dict(found)

    def listed(texts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for some in texts for text in some))

    return StagingReport(
        chain_id=reports[0].chain_id,
        epoch=reports[0].epoch,
        data_type=data_type,
        requests=sum(one.requests for one in reports),
        reused=sum(one.reused for one in reports),
        body_bytes=sum(one.body_bytes for one in reports),
        states=counted(one.states for one in reports),
        reasons=counted(one.reasons for one in reports),
        providers_down=listed(one.providers_down for one in reports),
        replaced=listed(one.replaced for one in reports),
        retracted=listed(one.retracted for one in reports),
        files_refused=listed(one.files_refused for one in reports),
        nothing_heard=all(one.nothing_heard for one in reports),
    )


@dataclass(frozen=True)
class ObservationReport:
    """What a look at the running period brought."""

    chain_id: str
    epoch: EpochNumber
    slot: int
    requests: int
    observed: Mapping[str, int]
    """How many subjects were observed, by data type."""
    left_out: tuple[str, ...]
    """What could not be observed, and why."""

    def as_metadata(self) -> dict[str, int | str]:
        """Plain values for a run's metadata."""
        return {
            "epoch": self.epoch,
            "slot": self.slot,
            "requests": self.requests,
            "observed": _listed(self.observed) or "nothing",
            "left_out": "; ".join(self.left_out) or "nothing",
        }


def _listed(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{name}: {count}" for name, count in counts.items())
