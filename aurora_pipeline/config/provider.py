"""A provider as providers.yaml describes it: where it answers, with which key, how fast it may be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from aurora_pipeline.config.fields import Flag, FrozenModel, Seconds, Whole, broken_rule
from aurora_pipeline.config.file_table import FileTable

# `v2`, `api`, `rpc` and `kobe` are worth showing; no provider hands out keys this short.
_SHOWN_SEGMENT_LENGTH_MAX: Final = 4
FILE_KIND: Final = "file"
"""The kind that asks no server: its answers are files the operator already has."""
_FILE_SCHEME: Final = "file:"


class RateLimit(FrozenModel):
    """At most so many requests in any stretch of so many seconds."""

    requests: Whole = Field(ge=1, le=1_000_000, description="How many requests.")
    per_seconds: Seconds = Field(gt=0, le=86_400, description="In how many seconds.")


class Timeouts(FrozenModel):
    """How long one attempt may take."""

    connect_seconds: Seconds = Field(default=10.0, gt=0, le=600, description="To open a connection.")
    read_seconds: Seconds = Field(default=60.0, gt=0, le=3_600, description="To wait for the next piece of an answer.")


class Retries(FrozenModel):
    """How often a request that failed for a passing reason is sent."""

    attempts: Whole = Field(default=5, ge=1, le=20, description="Attempts in total; 1 means no retry.")
    wait_seconds_max: Seconds = Field(
        default=30.0, ge=0, le=3_600, description="The longest pause between two attempts; pauses grow up to it."
    )


class Provider(FrozenModel):
    """One provider. Its repr and `shown_url` are safe to print; `base_url` and `api_key` are not."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$",
        max_length=40,
        description="The provider's key under `providers`: lower-case letters, digits, hyphens, underscores.",
    )
    enabled: Flag = Field(description="false: never asked; its kind and its variables are not looked at.")
    kind: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Which API it speaks: docs/providers.md lists them; or file, for files you have.",
    )
    base_url: str = Field(
        repr=False,
        description="Where it answers, http or https, without a trailing slash; of kind file the folder of its files, "
        "as file:FOLDER, relative to providers.yaml. Empty while it has no address yet, as `${NAME:-}` is: it is not "
        "asked, and a chain that needs it is not set up.",
    )
    api_key: SecretStr | None = Field(
        default=None, description="Its key, from the environment: `${NAME}`, or `${NAME:-}` if it works without."
    )
    rate_limit: RateLimit | None = Field(
        default=None, description="How many requests it gets in how many seconds; left out: no limit."
    )
    concurrency: Whole = Field(default=8, ge=1, le=256, description="How many requests may be under way at once.")
    batch: Whole = Field(
        default=1,
        ge=1,
        le=1_000,
        description="Kinds solana_rpc and evm_rpc: how many questions may go into one request, where the node takes "
        "batches; each counts in rate_limit.",
    )
    timeouts: Timeouts = Field(default=Timeouts(), description="How long one attempt may take.")
    retries: Retries = Field(default=Retries(), description="How often a request is sent again.")
    max_body_bytes: Whole = Field(
        default=268_435_456, ge=1_024, le=2**31, description="The longest answer that is read; a longer one fails."
    )

    files: tuple[FileTable, ...] = Field(
        default=(), validate_default=True, description="Kind file only: what each file holds."
    )

    @field_validator("base_url", mode="after")
    @classmethod
    def _usable_url(cls, url: str, info: ValidationInfo) -> str:
        remedy = "write it like https://host/path"
        if info.data.get("kind") == FILE_KIND:
            return _folder_url(url, info)
        if not url:
            return url
        if any(character.isspace() or not character.isprintable() for character in url):
            raise broken_rule("the address holds a space or control character", remedy)
        if not url.isascii():
            raise broken_rule(
                "the address holds a character that no address can",
                "percent-encode it, like %C3%A4; a host in punycode",
            )
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise broken_rule("this is no http or https address", remedy)
        # Adapters append "/path"; only an address that ends in its path can be shortened.
        return url if parts.query or parts.fragment else url.rstrip("/")

    @field_validator("api_key", mode="after")
    @classmethod
    def _key_fits_a_header(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        text = "" if key is None else key.get_secret_value()
        if not text:
            return None
        if any(character.isspace() for character in text):
            raise broken_rule(
                "the key holds a space or a line end, which no key has",
                "take it out of the value, at its end above all",
            )
        if not (text.isascii() and text.isprintable()):
            raise broken_rule(
                "the key holds a character that is no ASCII letter, digit or sign, so it cannot be sent",
                "copy it again from where it was issued; a character was mistyped or changed on the way",
            )
        if _has_login(info.data.get("base_url", "")):
            raise broken_rule(
                "base_url has a user or password before its @, and both go out as the one Authorization header",
                "leave out the api_key, or what stands before the @ in base_url",
            )
        return key

    @field_validator("files", mode="after")
    @classmethod
    def _files_of_kind_file(cls, files: tuple[FileTable, ...], info: ValidationInfo) -> tuple[FileTable, ...]:
        is_file = info.data.get("kind") == FILE_KIND
        if files and not is_file:
            raise broken_rule("only a provider of kind file has files", f"write kind: {FILE_KIND}, or leave them out")
        if is_file and not files:
            raise broken_rule("a provider of kind file needs its files", "add files: [{data_type: ..., path: ...}]")
        if len({table.data_type for table in files}) < len(files):
            raise broken_rule("two files tell about the same data type", "make two providers of them")
        return files

    @property
    def is_asked(self) -> bool:
        """Whether it can be: it is enabled, and has an address."""
        return self.enabled and self.base_url != ""

    @property
    def folder(self) -> Path:
        """Of kind file: the folder its files are in."""
        return Path(self.base_url.removeprefix(_FILE_SCHEME))

    @property
    def shown_url(self) -> str:
        """The address without anything that could be a key: no user, no query, long path segments elided."""
        return self.base_url if self.kind == FILE_KIND else shown_url(self.base_url)

    def __repr_args__(self) -> Any:
        """The fields, with the safe address in the place of the real one."""
        yield from super().__repr_args__()
        yield "shown_url", self.shown_url


def _has_login(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.username or parts.password)


def shown_url(url: str) -> str:
    """An address that is safe to print, from one that may carry a key anywhere but in its host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "(no address)"
    if not host:
        return "(no address)"
    shown_host = f"[{host}]" if ":" in host else host
    segments = [part if len(part) <= _SHOWN_SEGMENT_LENGTH_MAX else "…" for part in parts.path.split("/")]
    query = "?…" if parts.query or parts.fragment else ""
    return f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}{'/'.join(segments)}{query}"


def _folder_url(url: str, info: ValidationInfo) -> str:
    if not url.startswith(_FILE_SCHEME) or url.startswith("file://") or not url.isprintable():
        raise broken_rule("a provider of kind file has no such address", "write the folder of its files: file:FOLDER")
    base = (info.context or {}).get("folder", Path())
    return f"{_FILE_SCHEME}{base / url.removeprefix(_FILE_SCHEME)}"
