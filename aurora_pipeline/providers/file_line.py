"""The line to the operator's own files: a question names one, and its bytes are the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from aurora_pipeline.config.provider import Provider
from aurora_pipeline.providers.adapter import Answer, ProviderDown, Question


class FileLine:
    """Reads files of one provider's folder; takes the place of an HTTP line."""

    def __init__(self, provider: Provider) -> None:
        self.requests = 0
        self.body_bytes = 0
        self.batch_size = 1
        self._provider = provider

    async def __aenter__(self) -> FileLine:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing stays open."""

    async def ask_together(self, questions: Sequence[Question]) -> AsyncIterator[Answer]:
        """Each file's bytes."""
        for question in questions:
            yield await self.ask(question)

    async def ask(self, question: Question) -> Answer:
        """The file's bytes. Raises ProviderDown where it cannot be read."""
        self.requests += 1
        provider = self._provider
        try:
            body = await asyncio.to_thread(_read, provider.folder / question.path, provider.max_body_bytes)
        except FileNotFoundError:
            raise ProviderDown(provider.name, f"there is no file {question.path} in {provider.shown_url}") from None
        except OSError as error:
            raise ProviderDown(provider.name, f"{question.path} can't be read: {error.strerror}") from None
        if len(body) > provider.max_body_bytes:
            raise ProviderDown(
                provider.name, f"{question.path} is longer than max_body_bytes ({provider.max_body_bytes})"
            )
        self.body_bytes += len(body)
        request = {"verb": "READ", "path": question.path, "query": dict(question.query), "body": question.body}
        return Answer(question.key, request, 200, {}, body, datetime.now(UTC))


def _read(path: Path, maximum: int) -> bytes:
    with path.open("rb") as file:
        return file.read(maximum + 1)
