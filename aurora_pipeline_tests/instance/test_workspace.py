"""A new workspace, and the variables that stand in its .env."""

from __future__ import annotations

from pathlib import Path

import pytest

from aurora_pipeline.agreements.file.document import read_agreements
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.instance.starting import write_workspace
from aurora_pipeline.instance.workspace import find_workspace

ROOT = Path(__file__).parents[2]


def test_write_workspace__new_folder__its_files_are_sound_and_nobody_elses(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    names = {path.name for path in write_workspace(folder)}
    assert names >= {"chains.yaml", "providers.yaml", ".env", "validators.csv", "costs.csv", "agreements.yaml"}
    assert find_workspace(env={"AURORA_HOME": str(folder)}).configuration().chains
    assert read_agreements(folder / "agreements.yaml").agreements
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


def test_write_workspace__one_of_its_files_is_there__refused_and_nothing_written(tmp_path: Path) -> None:
    (tmp_path / "chains.yaml").write_text("mine")
    with pytest.raises(AuroraError, match=r"has chains\.yaml already; nothing was written"):
        write_workspace(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["chains.yaml"]


@pytest.mark.parametrize("name", ["chains.yaml", "providers.yaml"])
def test_starter__files_of_the_checkout__are_what_a_new_workspace_gets(name: str) -> None:
    starter = ROOT / "aurora_pipeline" / "instance" / "starter"
    assert (ROOT / name).read_bytes() == (starter / name).read_bytes()
    assert (ROOT / ".env.example").read_bytes() == (starter / "env.example").read_bytes()


def test_env_file__beside_the_configuration__read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SOLANA_RPC_URL=https://one.example\nSOLANA_RPC_KEY='k # 1'\n# A=1\n")
    place = find_workspace(env={"AURORA_HOME": str(tmp_path), "SOLANA_RPC_URL": "https://two.example"})
    assert (place.env["SOLANA_RPC_URL"], place.env["SOLANA_RPC_KEY"]) == ("https://two.example", "k # 1")
    assert "A" not in place.env


def test_env_file__of_the_operator__is_nothing_to_the_demo(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SOLANA_RPC_URL=https://one.example\n")
    assert "SOLANA_RPC_URL" not in find_workspace(demo=True, env={"AURORA_HOME": str(tmp_path)}).env


def test_env_file__no_text__refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(AuroraError, match=r"\.env can't be read"):
        find_workspace(env={"AURORA_HOME": str(tmp_path)})
