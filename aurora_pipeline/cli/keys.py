"""`aurora keys`: the key that signs the log, outside the database."""

from __future__ import annotations

from typing import Annotated

import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import Reason, opened, out, print_table, tell_recorded
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.signing.checkpoints import checkpoint_where_possible
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.keys import new_key, rotate_key
from aurora_pipeline.signed_log.log import known_keys
from aurora_pipeline.work.reads import signed_log as reads

keys = typer.Typer(help="The key that signs the log.", no_args_is_help=True)


def key_file(aurora: Aurora) -> KeyFile:
    """Where this instance keeps its key."""
    return KeyFile(aurora.workspace.log_key_path)


@keys.command("new")
def keys_new(
    name: Annotated[str, typer.Argument(help="The log's name, like example.com/aurora; it stays.", show_default=False)],
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Make the key that signs the log. It is written to a file that only you can read, and nowhere else.

    The file is keys/log.key in the instance's folder, or what AURORA_LOG_KEY names. Back it up like a password.
    """
    with opened() as aurora:
        file = key_file(aurora)
        change = new_key(aurora.database, file, name, deciding(aurora.database), reason)
        newest = _newest(aurora)
    tell_recorded([change], as_json)
    if not as_json:
        out.print(f"The key is in {file.path}. Give everybody who should verify this line, on paper:", markup=False)
        out.print(f"  {newest}", markup=False, soft_wrap=True)


@keys.command("rotate")
def keys_rotate(
    reason: Reason = "",
    lost: Annotated[
        bool, typer.Option("--lost", help="The old key is lost, or others have it: it signs no more.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put another key in place. The old one signs the checkpoint that covers the record of the new one, and is gone.

    Where an earlier rotation was interrupted, this ends it.
    """
    with opened() as aurora:
        file = key_file(aurora)
        change = rotate_key(aurora.database, file, deciding(aurora.database), reason, is_lost=lost)
        signed, words = checkpoint_where_possible(aurora.database, file)
        newest = _newest(aurora)
    changes: list[Change] = [] if change is None else [change]
    tell_recorded(changes, as_json, warnings=[] if signed is not None else [words])
    if not as_json:
        out.print(f"{words[0].upper()}{words[1:]}." if signed is not None else "", markup=False)
        out.print(f"Give everybody who verifies this line, on paper:\n  {newest}", markup=False, soft_wrap=True)


@keys.command("list")
def keys_list(as_json: Json = False) -> None:
    """Show every key there was. The newest signs; the others verify what they signed."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = reads.log_keys(known_keys(connection))
    if as_json:
        print_json("keys_list", found)
        return
    rows = [[one.number, f"{one.recorded_at:%Y-%m-%d %H:%M:%S}", one.recorded_by, one.public_key] for one in found]
    print_table(f"{len(rows)} key(s); the last one signs", ["number", "since (UTC)", "by", "public key"], rows)


def _newest(aurora: Aurora) -> str:
    with aurora.database.connect() as connection:
        return str(known_keys(connection)[-1].key)
