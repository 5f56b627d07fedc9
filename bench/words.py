"""Text for the corpora: prose drawn from a vocabulary, and stack traces."""

import random
from itertools import accumulate

_SYLLABLES = (
    "ka",
    "lo",
    "mi",
    "ren",
    "tas",
    "vor",
    "el",
    "in",
    "du",
    "pa",
    "sem",
    "ti",
    "or",
    "ne",
)


def _vocabulary() -> list[str]:
    draw = random.Random(len(_SYLLABLES))
    return ["".join(draw.choices(_SYLLABLES, k=draw.randint(1, 4))) for _ in range(4000)]


_WORDS = _vocabulary()
_WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(_WORDS) + 1)))


def paragraph(draw: random.Random, size: int) -> str:
    """About `size` characters of words whose frequencies fall as in natural text (Zipf)."""
    return " ".join(draw.choices(_WORDS, cum_weights=_WEIGHTS, k=max(1, size // 6)))[: max(1, size)]


def stack_trace(draw: random.Random, depth: int) -> str:
    """A Python traceback of `depth` frames."""
    frames = "".join(
        f'  File "/app/shop/{draw.choice(_WORDS)}.py", line {draw.randrange(400)}, in handle\n'
        f"    return await {draw.choice(_WORDS)}({draw.choice(_WORDS)})\n"
        for _ in range(depth)
    )
    return f"Traceback (most recent call last):\n{frames}TimeoutError: upstream timed out"
