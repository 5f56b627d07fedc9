"""The errors Argus answers with, and the one table that maps them to gRPC and HTTP codes."""

from typing import ClassVar


class ArgusError(Exception):
    """Base of every error that has an answer; the message is one line, fit for a client.

    `field` names the parameter, key or record field at fault, when there is one.
    `retry_after_s` is set when the same request may succeed later.
    """

    code: ClassVar[str] = "internal"

    def __init__(
        self, message: str, *, field: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after_s = retry_after_s


class InvalidInput(ArgusError):
    """The request can never succeed as it is."""

    code = "invalid_argument"


class NotSupported(ArgusError):
    """The request is understood, but not with this configuration or in this version."""

    code = "not_supported"


class Unauthorized(ArgusError):
    """The request lacks credentials, or carries wrong ones."""

    code = "unauthenticated"


class Forbidden(ArgusError):
    """The request is refused whoever asks from there."""

    code = "permission_denied"


class NotFound(ArgusError):
    """What the request names does not exist (or not for this tenant)."""

    code = "not_found"


class MethodNotAllowed(ArgusError):
    """The path exists, but not for this method."""

    code = "method_not_allowed"


class TooLarge(ArgusError):
    """The request is over a size limit and must not be retried."""

    code = "too_large"


class Misdirected(ArgusError):
    """The Host header is not one this server answers to."""

    code = "misdirected_request"


class UnsupportedMediaType(ArgusError):
    """The content type or content encoding is not one this route reads."""

    code = "unsupported_media_type"


class Overloaded(ArgusError):
    """A bound is reached; the same request may succeed after `retry_after_s`."""

    code = "unavailable"


class Unavailable(ArgusError):
    """Nothing can be persisted right now; the same request may succeed after `retry_after_s`."""

    code = "unavailable"


class DeadlineExceeded(ArgusError):
    """A query ran into its deadline and was stopped."""

    code = "deadline_exceeded"


class StartError(Exception):
    """Argus cannot start; the message is one line that says what to change. Exit code 2."""


# code -> (HTTP status, canonical gRPC status number).
# gRPC numbers: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
# OTLP reads RESOURCE_EXHAUSTED (8) without RetryInfo as "never retry", so overload is 14.
CODES: dict[str, tuple[int, int]] = {
    "invalid_argument": (400, 3),
    "not_supported": (400, 12),
    "unauthenticated": (401, 16),
    "permission_denied": (403, 7),
    "not_found": (404, 5),
    "method_not_allowed": (405, 12),
    "too_large": (413, 8),
    "unsupported_media_type": (415, 3),
    "misdirected_request": (421, 3),
    "unavailable": (503, 14),
    "deadline_exceeded": (504, 4),
    "internal": (500, 13),
}


def http_status(error: ArgusError) -> int:
    """The HTTP status that answers `error`."""
    return CODES[error.code][0]


def grpc_status(error: ArgusError) -> int:
    """The canonical gRPC status number that answers `error`."""
    return CODES[error.code][1]
