"""The line to the operator's own files: a question names one, and its bytes are the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from types import TracebackType

from aurora_pipeline.asking.adapter import Answer, FileAbsent, ProviderDown, Question
from aurora_pipeline.asking.file_problem import FileProblem, NoSuchFile
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.foundation.given_file import TooMuch, read_given
from aurora_pipeline.store.file_bodies import READ_VERB


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
            body = await asyncio.to_thread(bytes_of, provider, question.path)
        except NoSuchFile as problem:
            raise FileAbsent(provider.name, str(problem)) from None
        except FileProblem as problem:
            raise ProviderDown(provider.name, str(problem)) from None
        self.body_bytes += len(body)
        return Answer(question.key, request_of(question), 200, {}, body, datetime.now(UTC), question=question.kind)


def request_of(question: Question) -> dict[str, object]:
    """A question as it is stored beside the file's bytes."""
    return {"verb": READ_VERB, "path": question.path, "query": dict(question.query), "body": question.body}


def bytes_of(provider: Provider, path: str) -> bytes:
    """A file of the provider's folder. Raises FileProblem where it cannot be read, or is longer than may be read."""
    maximum = provider.max_body_bytes
    try:
        file = provider.folder / path
        before = file.stat()
        body = read_given(file, maximum)
        after = file.stat()
    except TooMuch as problem:
        raise FileProblem(f"{path} {problem} (max_body_bytes)") from None
    except FileNotFoundError:
        raise NoSuchFile(f"there is no file {path} in {provider.shown_url}") from None
    except OSError as error:
        raise FileProblem(f"{path} in {provider.shown_url} can't be read: {error.strerror}") from None
    if len(body) != after.st_size or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        # Half of a file would look like one whose other rows were taken out.
        raise FileProblem(f"{path} was written while it was read; repeat once it is complete")
    return body
