"""What stands in for the analyzer while no model is set up: it asks nobody, and can say what it
would ask."""

from collections.abc import Callable

from argus.analysis.analyzer import preview
from argus.analysis.prompt import Preview
from argus.errors import NotSupported
from argus.model import LogRecord
from argus.storage import InsightKey, Reader
from argus.telemetry import AiState


class Disabled:
    """The analysis of errors, without a model."""

    state = AiState(False, None, "disabled", 0, 0, 0, 0, None)

    def __init__(self, reader: Callable[[str], Reader]) -> None:
        self._reader = reader

    def pending(self, tenant: str, key: InsightKey) -> bool:
        """Nothing ever is."""
        return False

    async def ask(self, tenant: str, record: LogRecord, *, anew: bool = False) -> None:
        """Raises NotSupported."""
        raise NotSupported("no model is set up; docs/ai.md says how")

    async def preview(self, tenant: str, record: LogRecord) -> Preview:
        """What would be sent if there were a model. Raises NotSupported."""
        return await preview(self._reader(tenant), record)
