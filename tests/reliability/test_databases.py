"""REL-C1, E3, E5 on database servers: Argus or the server dies, connections are cut."""

from pathlib import Path

import pytest

from bench.database_servers import Missing
from bench.reliability import databases
from bench.reliability.trial import Outcome

DRIVERS = list(databases.SERVERS)


async def tried(case: databases.Case, folder: Path, driver: str, seconds: float) -> Outcome:
    try:
        return await case(folder, 31, driver, seconds)
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_server_that_stops_is_nobodys_business_but_the_operators(
    tmp_path: Path, driver: str
) -> None:
    outcome = await tried(databases.server_stops, tmp_path, driver, 8)
    assert outcome.problems == []
    assert outcome.acked


@pytest.mark.parametrize("driver", DRIVERS)
async def test_killed_under_load_argus_goes_on_where_it_was(tmp_path: Path, driver: str) -> None:
    outcome = await tried(databases.argus_killed, tmp_path, driver, 2)
    assert outcome.problems == []
    assert outcome.acked


@pytest.mark.parametrize("driver", DRIVERS)
async def test_cut_connections_lose_and_double_nothing(tmp_path: Path, driver: str) -> None:
    outcome = await tried(databases.connections_cut, tmp_path, driver, 6)
    assert outcome.problems == []
    assert outcome.acked
