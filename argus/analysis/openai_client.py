"""The client of an OpenAI-compatible server, or of Azure OpenAI: the only code that calls out.

It talks to the configured endpoint and to nothing else: it follows no redirect, takes no proxy
from the environment, and sends no description of this machine along.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from argus.analysis.model import Failure, ModelFailed, Reply
from argus.analysis.prompt import MOST_ANSWER_TOKENS, Message

ANSWER_S = 30.0
"""Longest that an answer is waited for."""

_MOST_BYTES = 256 * 1024
_SHOWN_BYTES = 4096
_HEADERS = frozenset(
    {
        "host", "connection", "accept", "content-type", "content-length", "authorization",
        "api-key",
        "x-stainless-raw-response",  # by which the package remembers how to read the answer
    }
)  # fmt: skip
_NO_KEY = "none"  # the package insists on one; servers that need none ignore it


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is. With a `deployment` it is Azure's, and `api_version` is needed too."""

    url: str
    key: str
    model: str
    deployment: str = ""
    api_version: str = ""


class _Said(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Said


class _Usage(msgspec.Struct):
    total_tokens: int | None = None


class _Answer(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


class OpenAIClient:
    """A `Model`. The package is imported when something is asked for the first time."""

    def __init__(self, endpoint: Endpoint, answer_s: float = ANSWER_S) -> None:
        self.name = endpoint.model
        self._endpoint = endpoint
        self._answer_s = answer_s
        self._client: Any = None
        self._opening = asyncio.Lock()
        # newer models refuse the older name, older servers do not know the newer one
        self._limit = "max_tokens"

    async def ask(self, messages: Sequence[Message]) -> Reply:
        """The answer to a chat. Raises ModelFailed."""
        await self._open()
        try:
            async with asyncio.timeout(self._answer_s):
                return _reply(await self._exchange(messages))
        except TimeoutError:
            raise ModelFailed("timeout", f"no answer in {self._answer_s:g} s") from None

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _open(self) -> None:
        async with self._opening:
            if self._client is None:
                # the import takes half a second
                self._client = await asyncio.to_thread(_connect, self._endpoint)

    async def _exchange(self, messages: Sequence[Message]) -> bytes:
        try:
            return await self._post(messages)
        except ModelFailed as error:
            newer = "max_completion_tokens"
            if error.reason != "refused" or newer not in str(error) or self._limit == newer:
                raise
            self._limit = newer
            return await self._post(messages)

    async def _post(self, messages: Sequence[Message]) -> bytes:
        import httpx2  # noqa: PLC0415
        import openai  # noqa: PLC0415

        create = self._client.chat.completions.with_streaming_response.create
        chat = [message._asdict() for message in messages]
        try:
            async with create(
                model=self.name, messages=chat, **{self._limit: MOST_ANSWER_TOKENS}
            ) as response:
                body = await _beginning(response.http_response, _MOST_BYTES + 1)
        except openai.APITimeoutError:
            raise ModelFailed("timeout", "no answer in time") from None
        except openai.APIConnectionError as error:
            cause = type(error.__cause__ or error).__name__
            raise ModelFailed("unreachable", f"cannot be reached: {cause}") from None
        except httpx2.HTTPError as error:
            message = f"the connection broke: {type(error).__name__}"
            raise ModelFailed("unreachable", message) from None
        except openai.OpenAIError as error:
            raise ModelFailed("failed", f"{type(error).__name__}") from None
        if len(body) > _MOST_BYTES:
            raise ModelFailed("garbage", f"the answer is longer than {_MOST_BYTES} bytes")
        return body


def _connect(endpoint: Endpoint) -> Any:
    """A client of the package for an endpoint."""
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415

    http = httpx2.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        verify=ssl.create_default_context(),
        timeout=httpx2.Timeout(ANSWER_S),
        event_hooks={"request": [_say_no_more], "response": [_refuse_errors]},
    )
    shared: dict[str, Any] = {
        "api_key": endpoint.key or _NO_KEY,
        # "" and not None: these would be read from the environment
        "organization": "",
        "project": "",
        "webhook_secret": "",
        "max_retries": 0,
        "http_client": http,
    }
    if endpoint.deployment:
        return openai.AsyncAzureOpenAI(
            azure_endpoint=endpoint.url,
            azure_deployment=endpoint.deployment,
            api_version=endpoint.api_version,
            **shared,
        )
    return openai.AsyncOpenAI(base_url=endpoint.url, **shared)


async def _say_no_more(request: Any) -> None:
    """Leave out what is not needed: the package would describe this machine, and add headers that
    the environment names."""
    for name in list(request.headers):
        if name.lower() not in _HEADERS:
            del request.headers[name]
    request.headers["User-Agent"] = "argus"
    # what is compressed could be any length
    request.headers["Accept-Encoding"] = "identity"


async def _refuse_errors(response: Any) -> None:
    """Raise for everything but a plain 200, before anybody reads the body whole."""
    status = response.status_code
    if status == 200:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ModelFailed("garbage", "the answer is compressed, though that was not asked for")
        return
    reason: Failure = "refused"
    if status == 429:
        reason = "rate_limited"
    elif status >= 500 or status == 408:
        reason = "failed"
    beginning = (await _beginning(response, _SHOWN_BYTES)).decode("utf-8", "replace")
    message = f"HTTP {status}: {' '.join(beginning.split())[:300]}"
    raise ModelFailed(reason, message, _retry_after(response.headers.get("retry-after")))


async def _beginning(response: Any, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk[: most - len(body)]
        if len(body) >= most:
            break
    return bytes(body)


def _retry_after(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None


def _reply(body: bytes) -> Reply:
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ModelFailed("garbage", "the answer is not that of a chat completion") from None
    text = (answer.choices[0].message.content or "") if answer.choices else ""
    if not text.strip():
        raise ModelFailed("garbage", "the answer is empty")
    return Reply(text, answer.usage.total_tokens if answer.usage else None)
