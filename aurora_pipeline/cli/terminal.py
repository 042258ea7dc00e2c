"""What all commands share: the console, the opened workspace, and how an error looks."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from aurora_pipeline.cli.errors import NotConfirmed
from aurora_pipeline.cli.json_output import OPTION as JSON_OPTION
from aurora_pipeline.cli.json_output import error_json, print_json
from aurora_pipeline.cli.table import NOTHING, PrintedColumn, layout
from aurora_pipeline.decisions.errors import ReasonMissing
from aurora_pipeline.foundation import said_amounts
from aurora_pipeline.foundation.csv_file import read_instant
from aurora_pipeline.foundation.errors import AuroraError, DayNotUnderstood, NotUtf8
from aurora_pipeline.foundation.money import format_coins
from aurora_pipeline.foundation.printable import printable
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.work.reads.recorded import recorded

if TYPE_CHECKING:
    # What needs Postgres, polars or pydantic is imported where it is used: a call for help waits for none of them.
    from aurora_pipeline.config.coin import CoinOfChain
    from aurora_pipeline.decisions.recording import Change
    from aurora_pipeline.instance.runtime import Aurora
    from aurora_pipeline.instance.workspace import Workspace

Told = TypeVar("Told")
INTERRUPTED = 130
NUMBER_MAX = 2**63 - 1
"""The largest number by which the database keeps anything."""
# Piped output has no width of its own; tables wider than a screen are better wrapped by whoever reads them.
_PIPED_WIDTH = 160
_MESSAGE_MAX = 20_000
_DEMO_VARIABLE = "AURORA_DEMO"
_TOLD_MAX, _TOLD_FIRST = 50, 10
_COMMAND = re.compile(r"(?<![\w=])aurora (?!demo\b|--demo\b)(?=[a-z-])")


def workspace() -> Workspace:
    """The workspace this command works on: the demo's with `aurora --demo`, else the current directory's."""
    from aurora_pipeline.instance.workspace import find_workspace

    return find_workspace()


def is_demo() -> bool:
    """Whether this command works on the demo's workspace."""
    return os.environ.get(_DEMO_VARIABLE) == "1"


def typeable(text: str) -> str:
    """The text as it may be shown, every command in it as it can be typed here: in the demo they need its option."""
    return printable(_COMMAND.sub("aurora --demo ", text) if is_demo() else text)


class Terminal(Console):
    """A console that wraps sentences at blanks where it has a width, and on which every command can be typed.

    Where the output goes into a pipe, and no COLUMNS says how wide it is to be, sentences stay in one line each.
    """

    def __init__(self, *, stderr: bool) -> None:
        has_width = "COLUMNS" in os.environ or (sys.stderr if stderr else sys.stdout).isatty()
        super().__init__(stderr=stderr, highlight=False, emoji=False, width=None if has_width else _PIPED_WIDTH)
        self.wraps = has_width

    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(typeable(text), **how)

    def print(self, *objects: Any, **how: Any) -> None:
        sentences = [one for one in objects if isinstance(one, str)]
        if sentences and not self.wraps:
            how["soft_wrap"] = True
        elif sentences and sentences[0].startswith(" ") and "\n" not in sentences[0]:
            objects = (self._indented(sentences[0], how.pop("markup", True)),)
        super().print(*objects, **how)

    def _indented(self, text: str, markup: bool) -> Text:
        """A sentence whose second line begins where the first one does."""
        words = text.lstrip(" ")
        indent = " " * (len(text) - len(words))
        lines = self.render_str(words, markup=markup).wrap(self, max(self.width - len(indent), 1))
        return Text("\n").join(Text(indent).append_text(line) for line in lines)


out = Terminal(stderr=False)
err = Terminal(stderr=True)


@contextmanager
def opened(
    *,
    reads_only: bool = False,
    for_partners: bool = False,
    asks_providers: bool = False,
    meanwhile: Callable[[], object] | None = None,
) -> Iterator[Aurora]:
    """The workspace's instance, open while the block runs; in the demo with its providers where they are asked.

    A command that `reads_only` runs on a standby as well, and cannot write.
    All but those that are `for_partners` refuse a partner's login before anything is read.
    `meanwhile` may be done while these start, and saves its time then.
    """
    from aurora_pipeline.instance.runtime import Aurora

    place = workspace()
    with ExitStack() as stack:
        if asks_providers and place.is_demo:
            from aurora_pipeline.demo.session import demo_providers

            stack.enter_context(demo_providers(place, meanwhile=meanwhile))
        aurora = stack.enter_context(Aurora(place, reads_only=reads_only, for_partners=for_partners))
        if not for_partners and place.database_url is not None and not place.chains_path.is_file():
            # Who has no files may be a partner, for whom files are no matter.
            aurora.administered()
        yield aurora


def print_error(error: AuroraError) -> int:
    """Show an error with its remedy on standard error and return the exit code it means."""
    if JSON_OPTION in sys.argv[1:]:
        sys.stderr.write(error_json(error) + "\n")
        return error.exit_code
    err.print(f"[bold red]Error:[/] {escape(_bounded(error.message))}")
    if error.remedy:
        err.print(f"  [cyan]->[/] {escape(error.remedy)}")
    err.print(f"  [dim]({error.code})[/]")
    return error.exit_code


def _bounded(text: str) -> str:
    """The text; of a very long one the beginning."""
    more = len(text) - _MESSAGE_MAX
    return text if more <= 0 else f"{text[:_MESSAGE_MAX]} ... and {more} more characters"


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    right: Sequence[str] = (),
    prose: Sequence[str] = (),
) -> None:
    """A table in the terminal's width; columns named in `right` hold numbers, those named in `prose` sentences."""
    if title:
        out.print(title, style="bold", markup=False)
    shown = [PrintedColumn(typeable(name), name in right, name in prose) for name in columns]
    texts = [tuple(typeable(NOTHING if cell is None else str(cell)) for cell in row) for row in rows]
    for line in layout(shown, texts, out.width):
        out.print(Text(line.text, style="bold" if line.is_head else ""), no_wrap=True, overflow="ignore", crop=False)


def print_changes(changes: Sequence[Change], unchanged: int = 0) -> None:
    """What was recorded, as sentences; of very many changes the first few."""
    shown = first_of(changes)
    for change in shown:
        out.print(f"  {change.subject}: {change.action}", markup=False)
        for words in change.words:
            out.print(f"      {words}", markup=False)
    if len(shown) < len(changes):
        rest = Counter(change.action for change in changes[len(shown) :])
        counted = ", ".join(f"{count} {action}" for action, count in rest.items())
        out.print(f"  and {counted}: see `aurora audit --list`")
    verdict = f"{len(changes)} change(s) recorded" if changes else "nothing changed"
    out.print(f"{verdict}, {unchanged} as they were." if unchanged else f"{verdict}.")


def tell_recorded(
    changes: Sequence[Change], as_json: bool, *, unchanged: int = 0, warnings: Sequence[str] = ()
) -> None:
    """What a command recorded: as JSON, or its warnings and changes as sentences."""
    if as_json:
        print_json("recorded", recorded(changes, unchanged, warnings))
        return
    print_warnings(warnings)
    print_changes(changes, unchanged)


def first_of(told: Sequence[Told]) -> Sequence[Told]:
    """All that there is to say; where that is very much, the first few."""
    return told if len(told) <= _TOLD_MAX else told[:_TOLD_FIRST]


def print_warnings(warnings: Sequence[str]) -> None:
    """What is allowed and may not be meant, on standard error."""
    for warning in warnings:
        err.print(f"[yellow]Warning:[/] {escape(warning)}")


def read_day(text: str, option: str) -> datetime:
    """A day or instant given as an option."""
    try:
        return read_instant(text)
    except ValueError as error:
        raise DayNotUnderstood(f"{option}: {error}", "a day means 00:00 UTC") from None


def coins(value: Amount | None, chain: CoinOfChain, missing: str = "-") -> str:
    """An amount in whole coins for display, or what stands for a missing one."""
    return missing if value is None else format_coins(value, chain.native_decimals)


def said_in_coins(text: str, chain: CoinOfChain) -> str:
    """A sentence with its amounts in whole coins, as those of the table beside it are; stored ones say base units."""

    return said_amounts.said_in_coins(text, chain.native_decimals, chain.native_unit)


def confirm(odd: str) -> None:
    """Ask the person at the terminal to confirm something odd; refused where there is no terminal."""
    if _answer(f"[yellow]{escape(odd)}.[/] Is this meant? (yes/no): ").strip().lower() not in {"y", "yes"}:
        raise NotConfirmed(
            f"{odd}, and nobody confirmed it; nothing was written",
            "check the amount and its unit; if it is meant, repeat the command with --yes",
        )


def _answer(question: str) -> str:
    """What the person at the terminal answers; empty where there is no terminal or no answer."""
    try:
        # Without a terminal nobody knows that an answer is waited for.
        return err.input(question) if sys.stdin is not None and sys.stdin.isatty() else ""
    except UnicodeDecodeError:
        raise NotUtf8("the answer is no UTF-8 text; nothing was written", "type it in UTF-8") from None
    except EOFError:
        return ""


def ask_why(given: str) -> str:
    """The reason that was given, else what the person at the terminal answers; refused without a terminal."""
    if given.strip():
        return given
    answer = _answer("Why, for the audit log: ")
    if not answer.strip():
        raise ReasonMissing(
            "this needs a reason, and nobody gave one; nothing was written",
            'give it with --reason "agreed on 2026-01-15"',
        )
    return answer


Reason = Annotated[
    str,
    typer.Option(
        "--reason", callback=ask_why, help="Why, for the audit log; asked for where it is left out.", show_default=False
    ),
]


def use_demo() -> None:
    """Make this process, and those it starts, work on the demo's workspace."""
    os.environ[_DEMO_VARIABLE] = "1"
