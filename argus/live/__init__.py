"""Live: what browsers are told without asking again, the moment it is durable.

A `Hub` is an exporter with subscribers. It writes to `Link`s, which the web port opens, and knows
neither sockets nor the shapes of answers: those are handed in.
"""

from collections.abc import Callable
from typing import Protocol

from websockets.frames import Frame, Opcode

from argus.errors import ArgusError, http_status

GOING_AWAY = 1001
UNSUPPORTED, NOT_UTF8, BAD_REQUEST, TOO_BIG = 1003, 1007, 1008, 1009
TRY_AGAIN_LATER = 1013
"""Close codes: https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number"""


class Link(Protocol):
    """One client's connection as a hub sees it. Nothing here blocks or raises."""

    on_drained: Callable[[], None] | None
    """Called when a link that was behind no longer is."""

    @property
    def open(self) -> bool:
        """Whether what is sent may still arrive."""

    @property
    def behind(self) -> bool:
        """Whether more waits to be sent than a client may leave unread."""

    def send_frame(self, frame: bytes) -> None:
        """Send a frame of `text_frame`; does nothing once the link is not open. Look at `behind`
        first: what is sent is kept until the client takes it."""

    def close(self, code: int, reason: str) -> None:
        """Say goodbye with a close code and a reason of at most 123 bytes."""

    async def drained(self) -> None:
        """Return when the link is not behind, or not open."""


def close_code(error: ArgusError) -> int:
    """The close code that says what an error's HTTP status would."""
    return TRY_AGAIN_LATER if http_status(error) >= 500 else BAD_REQUEST


def text_frame(payload: bytes) -> bytes:
    """UTF-8 text -> one unmasked WebSocket frame, the same for every client."""
    return Frame(Opcode.TEXT, payload).serialize(mask=False)


class Seats:
    """How many clients there may be, together and from one address."""

    def __init__(self, most: int, most_per_peer: int) -> None:
        self._most = most
        self._most_per_peer = most_per_peer
        self._peers: dict[str, int] = {}
        self._taken = 0

    def take(self, peer: str) -> bool:
        """Take a seat for a client from this address; False when there is none."""
        mine = self._peers.get(peer, 0)
        if self._taken >= self._most or mine >= self._most_per_peer:
            return False
        self._peers[peer] = mine + 1
        self._taken += 1
        return True

    def give_back(self, peer: str) -> None:
        """The client is gone."""
        self._taken -= 1
        self._peers[peer] -= 1
        if not self._peers[peer]:
            del self._peers[peer]
