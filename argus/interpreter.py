"""How the interpreter is set for a process that stores and answers at the same time."""

import gc
import sys


def set_up() -> None:
    """Share the interpreter among threads often, and look for garbage seldom. Call it once, when
    all modules are imported and nothing has been read."""
    # with the default of 5 ms a busy event loop starves the storage threads of the interpreter
    sys.setswitchinterval(0.0005)
    # a full collection walks all that is alive: leave out what was imported, and look less often
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
