"""Units for systemd: one per service, restarted for ever, with limits, and with nothing of the machine but the home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TARGET: Final = "aurora.target"
_MEMORY: Final = {"code": "4G", "web": "1G", "audit": "1G", "daemon": "1G", "metrics": "512M", "up": "6G"}
_WORDS: Final = {
    "code": "code server, which computes",
    "web": "Dagster UI",
    "audit": "Dagster UI for auditors, read only",
    "daemon": "sensors and the run queue",
    "metrics": "metrics for Prometheus",
    "up": "Dagster UI, sensors and PostgreSQL of its own",
}


@dataclass(frozen=True)
class Installed:
    """Whose units they are: the program, the account and the workspace."""

    program: Path
    user: str
    home: Path


def units(place: Installed, *, own_server: bool) -> Mapping[str, str]:
    """The units by file name. With a server of its own Aurora is one process that starts all others."""
    program = str(place.program)
    commands: Mapping[str, Sequence[str]] = (
        {"up": [program, "up"]}
        if own_server
        else {
            **{name: [program, "service", "run", name] for name in ("code", "web", "audit", "daemon")},
            "metrics": [program, "metrics", "--port", "9464"],
        }
    )
    names = [f"aurora-{name}.service" for name in commands]
    wanted = f"[Unit]\nDescription=Aurora\nWants={' '.join(names)}\n\n[Install]\nWantedBy=multi-user.target\n"
    return {TARGET: wanted} | {f"aurora-{name}.service": _unit(name, line, place) for name, line in commands.items()}


def _unit(name: str, line: Sequence[str], place: Installed) -> str:
    after = " aurora-code.service" if name in ("web", "audit", "daemon") else ""
    return f"""\
[Unit]
Description=Aurora: {_WORDS[name]}
Documentation=file:{place.home}/README.md
After=network-online.target postgresql.service{after}
Wants=network-online.target
PartOf={TARGET}

[Service]
Type=exec
User={place.user}
WorkingDirectory={place.home}
Environment=AURORA_HOME={place.home}
Environment=AURORA_LOG_FORMAT=json
ExecStart={" ".join(map(_quoted, line))}
Restart=always
RestartSec=5
KillMode=mixed
TimeoutStopSec=60
MemoryMax={_MEMORY[name]}
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={_quoted(str(place.home))}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes

[Install]
WantedBy={TARGET}
"""


def _quoted(text: str) -> str:
    """A word as systemd reads it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if any(letter in text for letter in ' "\\\t') else escaped
