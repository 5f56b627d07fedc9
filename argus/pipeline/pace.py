"""How much goes into one commit, and how much may queue for it, from how fast commits went."""

_COMMIT_S = 0.4
_QUEUE_S = 1.0
_COMMIT_RECORDS = (1_024, 32_768)
_QUEUE_RECORDS = (8_192, 65_536)


class Pace:
    """Bounds that keep a queued request from waiting for the database for two seconds.

    `commit` is what one commit takes in about 0.4 s and `queue` what the database takes in about
    a second, both in records and within fixed limits. Only full commits tell: the time of a small
    one is that of the disk's sync.
    """

    def __init__(self, first: int = _COMMIT_RECORDS[1] // 2) -> None:
        """`first` is the commit before anything is known."""
        self.commit = first
        self.queue = _QUEUE_RECORDS[1]
        self._rate: float | None = None

    def took(self, records: int, seconds: float) -> None:
        """A commit of `records` took so long."""
        if records < self.commit // 2:
            return
        rate = records / max(seconds, 1e-3)
        self._rate = rate if self._rate is None else (self._rate + rate) / 2
        self.commit = _within(_COMMIT_RECORDS, self._rate * _COMMIT_S)
        self.queue = _within(_QUEUE_RECORDS, self._rate * _QUEUE_S)


def _within(limits: tuple[int, int], value: float) -> int:
    return int(min(limits[1], max(limits[0], value)))
