"""The plugin by which pytest runs with one mutant: the module is changed as it is imported, and no file on disk is."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

from hypothesis import HealthCheck, Phase, settings

from aurora_pipeline_tests.mutation.mutants import mutated

MUTANT: Final = "AURORA_MUTANT"
"""The variable that names it: module and number, like aurora_pipeline.foundation.money:7."""


class _Loader(SourceFileLoader):
    def __init__(self, module: str, path: str, number: int) -> None:
        super().__init__(module, path)
        self._number = number

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_text("utf-8")
        return compile(mutated(source, self._number), self.path, "exec")


class _Finder:
    def __init__(self, module: str, number: int) -> None:
        self._module = module
        self._number = number

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._module:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin, self._number)
        return spec


# The first example that fails is enough: it need not be made small, nor kept.
settings.register_profile(
    "mutation",
    phases=(Phase.explicit, Phase.generate),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutation")

if MUTANT in os.environ:
    _module, _, _number = os.environ[MUTANT].rpartition(":")
    assert _module not in sys.modules, f"{_module} was imported before it could be changed"
    sys.meta_path.insert(0, _Finder(_module, int(_number)))
