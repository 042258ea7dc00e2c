"""`aurora checkpoint`: sign the head of the log, show what was signed, and prove that nothing before was rewritten."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.keys import key_file
from aurora_pipeline.cli.proof import fail, show
from aurora_pipeline.cli.terminal import NUMBER_MAX, opened, out, print_table
from aurora_pipeline.foundation.errors import FileUnreadable
from aurora_pipeline.foundation.given_file import TooMuch, read_given
from aurora_pipeline.proof.signing.checkpoints import checkpoint, verify_kept
from aurora_pipeline.signed_log.checkpoint_text import SignedHead, parse_checkpoint
from aurora_pipeline.signed_log.errors import CheckpointUnknown
from aurora_pipeline.signed_log.log import checkpoint_at, checkpoints, growth, newest_checkpoint
from aurora_pipeline.signed_log.notes import parse_public_key
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.reads import proof as reports
from aurora_pipeline.work.reads import signed_log as reads

_BYTES_MAX = 1_000_000

Size = Annotated[
    int | None, typer.Argument(help="How many leaves it covers; the newest.", show_default=False, max=NUMBER_MAX)
]

checkpoint_commands = typer.Typer(help="Signed heads of the log of all that was published and decided.")


@checkpoint_commands.callback(invoke_without_command=True)
def checkpoint_now(context: typer.Context) -> None:
    """Sign everything that is recorded by now (as `aurora checkpoint sign`), or one of the commands below."""
    if context.invoked_subcommand is None:
        checkpoint_sign()


@checkpoint_commands.command("sign")
def checkpoint_sign(as_json: Json = False) -> None:
    """Sign everything that is recorded by now; needs the key. Where nothing is new, the last checkpoint stands."""
    with opened() as aurora:
        signed = checkpoint(aurora.database, key_file(aurora))
    if as_json:
        print_json("checkpoint", reads.checkpoint(signed.at))
        return
    said = "Signed" if signed.is_new else "Nothing is new since"
    out.print(f"{said} the checkpoint of {signed.at.size} leaves. Others keep this:\n", markup=False)
    _print_note(signed.at.checkpoint)


@checkpoint_commands.command("show")
def checkpoint_show(size: Size = None, as_json: Json = False) -> None:
    """Print a checkpoint as the file that others keep: `aurora checkpoint show > FILE`."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = checkpoint_at(connection, size) if size is not None else newest_checkpoint(connection)
    if found is None:
        raise CheckpointUnknown("no checkpoint was signed yet", "sign one: `aurora checkpoint`")
    if as_json:
        print_json("checkpoint", reads.checkpoint(found))
        return
    _print_note(found.checkpoint)


@checkpoint_commands.command("list")
def checkpoint_list(as_json: Json = False) -> None:
    """Show every checkpoint that was signed."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = [reads.checkpoint(one) for one in checkpoints(connection)]
    if as_json:
        print_json("checkpoint_list", found)
        return
    rows = [[one.size, f"{one.signed_at:%Y-%m-%d %H:%M:%S}", ", ".join(one.key_ids), one.root] for one in found]
    print_table(f"{len(rows)} checkpoint(s)", ["leaves", "signed (UTC)", "by key", "root"], rows, right=["leaves"])


@checkpoint_commands.command("verify")
def checkpoint_verify(
    old: Annotated[Path, typer.Argument(help="The checkpoint that somebody kept.", show_default=False)],
    key: Annotated[
        str | None, typer.Option("--key", help="The key as you have it on paper; else the recorded ones count.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove that the log today is the one that a kept checkpoint signs, with only more behind it."""
    kept, pinned = _read(old), None if key is None else parse_public_key(key)
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        report = verify_kept(connection, kept, pinned)
    if as_json:
        print_json("verify", [reports.report(report)])
    else:
        show([report])
    fail([report])


@checkpoint_commands.command("prove")
def checkpoint_prove(
    old: Annotated[str, typer.Argument(help="The older checkpoint: its file, or its leaves.", show_default=False)],
    new: Annotated[str | None, typer.Argument(help="The newer one; else the newest.", show_default=False)] = None,
) -> None:
    """Print the proof that one checkpoint grew out of another, to be verified without Aurora.

    Its form is that of c2sp.org/tlog-witness: `old` and the older size, hashes, an empty line, the newer checkpoint.
    """
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        newer = _meant(connection, new)
        found = growth(connection, _meant(connection, old).head.size, newer)
    typer.echo(str(found), nl=False)


def _meant(connection: Connection, text: str | None) -> SignedHead:
    """A checkpoint by its file or its number of leaves; the newest where none is named."""
    if text is not None and not (text.isascii() and text.isdigit()):
        return _read(Path(text))
    found = newest_checkpoint(connection) if text is None else checkpoint_at(connection, int(text))
    if found is None:
        raise CheckpointUnknown("no checkpoint was signed yet", "sign one: `aurora checkpoint`")
    return found.checkpoint


def _read(path: Path) -> SignedHead:
    try:
        return parse_checkpoint(read_given(path, _BYTES_MAX))
    except TooMuch as problem:
        raise FileUnreadable(f"{path} {problem}", "name the file of a checkpoint") from None
    except OSError as error:
        raise FileUnreadable(f"{path} can't be read: {error.strerror}", "check the path") from None


def _print_note(found: SignedHead) -> None:
    typer.echo(str(found), nl=False)
