"""However the files are garbled, the answer is a configuration or a ConfigurationError, never another exception."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.config import ConfigurationError, load_configuration
from aurora_pipeline.foundation.mistakes import Mistake

ROOT = Path(__file__).parents[2]
TEXTS = [(ROOT / name).read_text(encoding="utf-8") for name in ("chains.yaml", "providers.yaml")]
PIECES = st.one_of(
    st.text(alphabet="{}[]:,-#&*!|>'\"%@`?~$ \n\t0a.\x00é", max_size=6),
    st.sampled_from(
        ["- ", ": ", "null", "true", "-1", "1e999", ".nan", "2025-13-01", "9" * 60, "${X}", "? x", "<<: {}"]
    ),
)
KINDS = {
    "solana_rpc": frozenset({"fees", "rewards", "meta", "positions", "costs"}),
    "jito": frozenset({"mev"}),
    "stakewiz": frozenset({"meta"}),
}


@st.composite
def garbled(draw: st.DrawFn, text: str) -> str:
    """The text with a few stretches replaced by something else."""
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        text = text[:start] + draw(PIECES) + text[end:]
    return text


@settings(deadline=None)  # it writes files, and a slow disk is no defect
@given(garbled(TEXTS[0]), garbled(TEXTS[1]))
def test_load__garbled_files__configuration_or_named_problems(chains: str, providers: str) -> None:
    problems: tuple[Mistake, ...] = ()
    with tempfile.TemporaryDirectory() as folder:
        paths = (Path(folder, "chains.yaml"), Path(folder, "providers.yaml"))
        for path, text in zip(paths, (chains, providers), strict=True):
            path.write_text(text, encoding="utf-8")
        try:
            load_configuration(*paths, {}, KINDS)
        except ConfigurationError as refused:
            problems = refused.mistakes
    assert all(problem.message and problem.remedy for problem in problems)
