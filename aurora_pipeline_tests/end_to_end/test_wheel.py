"""The wheel alone is Aurora: built, unpacked into an empty environment, and used in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel, and beside it only what Aurora depends on."""
    base = tmp_path_factory.mktemp("wheel")
    source = base / "source"
    shutil.copytree(ROOT / "aurora_pipeline", source / "aurora_pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(base)]
    subprocess.run([*build, str(source)], check=True, capture_output=True, timeout=100)
    (wheel,) = base.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(base / "venv")], check=True)
    (site,) = (base / "venv").glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    # After the wheel's own folder, so that nothing of this checkout is found before it.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return base / "venv" / "bin" / "python"


def _aurora(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AURORA", "PYTHON", "DAGSTER"))}
    command = [str(python), "-m", "aurora_pipeline", *arguments]
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, timeout=110, check=False)


def test_wheel__in_an_empty_folder__makes_the_demo_and_a_workspace(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [str(installed), "-c", "import aurora_pipeline; print(aurora_pipeline.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(installed.parents[1]) in where.stdout
    demo = _aurora(installed, tmp_path, "demo", "--epochs", "1", "--validators", "4", "--stake-accounts", "60")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "equal what the simulator knows" in demo.stdout
    begun = _aurora(installed, tmp_path, "init", "mine")
    assert begun.returncode == 0, begun.stderr
    checked = _aurora(installed, tmp_path / "mine", "config", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
