"""`aurora users`: who works with Aurora, what each may do, and their logins on the server."""

from __future__ import annotations

from getpass import getpass
from pathlib import Path
from typing import Annotated, Final

import typer

from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import Reason, opened, print_table, read_day, tell_recorded
from aurora_pipeline.decisions.errors import LoginsNotHere
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import Narrowed, end_user, find_user, narrowed_to, record_user
from aurora_pipeline.foundation.csv_file import instant_text
from aurora_pipeline.foundation.errors import FileUnreadable
from aurora_pipeline.foundation.given_file import TooMuch, read_given
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.work.reads import partners as reads

_PASSWORD_BYTES_MAX: Final = 4_096
users = typer.Typer(help="Who works with Aurora, and what each may do.", no_args_is_help=True)

LoginArgument = Annotated[str, typer.Argument(help="The person's login on the database.", show_default=False)]
Partner = Annotated[str | None, typer.Option("--partner", help="For the role PARTNER: of which one.")]
Until = Annotated[str | None, typer.Option("--until", help="Until which day (excluded).")]
Chains = Annotated[list[str] | None, typer.Option("--chain", help="Only this chain is seen; may be repeated.")]
Validators = Annotated[list[str] | None, typer.Option("--validator", help="Only this validator; may be repeated.")]
Ask = Annotated[bool, typer.Option("--password", help="Ask for the password of a login on the server.")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="A file whose first line is the password.", show_default=False)
]


@users.command("list")
def users_list(as_json: Json = False) -> None:
    """Show every user, and whether each has a login on the server."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = reads.users(connection)
    if as_json:
        print_json("users_list", found)
        return
    columns = ["login", "name", "role", "partner", "from", "until", "only", "on the server"]
    print_table(f"{len(found)} user(s)", columns, [_cells(one) for one in found], prose=["only"])


def _cells(one: reads.User) -> list[str | None]:
    return [
        one.login,
        one.name,
        one.role,
        one.partner_id,
        instant_text(one.valid_from),
        None if one.valid_until is None else instant_text(one.valid_until),
        ", ".join([*(one.chains or ()), *(one.validators or ())]),
        one.on_server,
    ]


@users.command("add")
def users_add(
    login: LoginArgument,
    name: Annotated[str, typer.Option("--name", help="The person's name.", show_default=False)],
    role: Annotated[UserRole, typer.Option("--role", help="What the person may do.", show_default=False)],
    since: Annotated[str, typer.Option("--from", help="From which day on.", show_default=False)],
    reason: Reason = "",
    until: Until = None,
    partner: Partner = None,
    chain: Chains = None,
    validator: Validators = None,
    ask: Ask = False,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Add a person, or say of a known login what holds now. With a password it is a login on the server.

    A login follows what is recorded: its role, its end. People of an auditor's role need an end; a partner's login
    must not tell whose it is, since every login of a server sees the names of the others.
    """
    start, end = read_day(since, "--from"), None if until is None else read_day(until, "--until")
    with opened() as aurora:
        password = _password(aurora, login, role, ask, password_file)
        by = deciding(aurora.database)
        narrowed = Narrowed(chain, validator)
        told = (login, name, role, partner, start, end, by, reason)
        change = record_user(aurora.database, *told, narrowed=narrowed, password=password)
    _tell(change, as_json)


@users.command("role")
def users_role(
    login: LoginArgument,
    role: Annotated[UserRole, typer.Argument(help="What the person may do from now on.", show_default=False)],
    reason: Reason = "",
    partner: Partner = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Give a known person another role; the login on the server, where there is one, follows."""
    with opened() as aurora:
        by = deciding(aurora.database)
        with aurora.database.connect() as connection:
            known = find_user(connection, login)
        end = known["valid_until"] if until is None else read_day(until, "--until")
        told = (login, known["name"], role, partner, known["valid_from"], end, by, reason)
        change = record_user(aurora.database, *told, narrowed=narrowed_to(known))
    _tell(change, as_json)


@users.command("disable")
def users_disable(login: LoginArgument, reason: Reason = "", as_json: Json = False) -> None:
    """From now on the person is no user any more, and the login is closed. What was decided stays under the name."""
    with opened() as aurora:
        change = end_user(aurora.database, login, deciding(aurora.database), reason)
    _tell(change, as_json)


def _tell(change: Change | None, as_json: bool) -> None:
    tell_recorded([] if change is None else [change], as_json)


def _password(aurora: Aurora, login: str, role: UserRole, ask: bool, file: Path | None) -> str | None:
    """The password that was asked for or stands in a file; refused on the embedded server."""
    if ask and file is not None:
        raise ArgumentsNotFit("--password asks, --password-file reads", "give one of them")
    if not ask and file is None:
        return None
    if aurora.workspace.database_url is None:
        partners = " A partner's login would see everybody's figures." if role is UserRole.PARTNER else ""
        raise LoginsNotHere(
            f"{login} gets no login on the embedded server: it trusts its one user, asks nobody for a password and"
            f" separates no duties.{partners} Nothing was written",
            "set AURORA_DATABASE_URL to a PostgreSQL of your own, 18.6 or newer",
        )
    if file is not None:
        return next(iter(_text(file).splitlines()), "")
    first, second = (getpass(f"{words} of {login}: ") for words in ("Password", "Once more the password"))
    if first != second:
        raise ArgumentsNotFit("the two passwords differ; nothing was written", "repeat the command")
    return first


def _text(file: Path) -> str:
    try:
        return read_given(file, _PASSWORD_BYTES_MAX).decode()
    except TooMuch as problem:
        raise FileUnreadable(f"{file} {problem}", "name the file that holds the password") from None
    except OSError as error:
        raise FileUnreadable(f"{file} can't be read: {error.strerror}", "check the path") from None
    except UnicodeDecodeError:
        raise FileUnreadable(f"{file} is no UTF-8 text", "save it as UTF-8") from None
