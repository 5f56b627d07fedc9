"""REL-C1, E3, E4, E5 on database servers: Argus or the server dies, connections are cut, a row is
refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.database_servers import Missing, Server, running
from bench.reliability import crashes, databases


@pytest.fixture(scope="module", params=databases.SERVERS)
def database(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of these tests alone."""
    try:
        with running(databases.SERVERS[request.param]) as server:
            yield server
    except Missing as missing:
        pytest.skip(str(missing))


async def test_a_server_that_stops_is_nobodys_business_but_the_operators(
    tmp_path: Path, database: Server
) -> None:
    outcome = await databases.server_stops(tmp_path, 31, database, seconds=4)
    assert outcome.problems == []
    assert outcome.acked


async def test_a_row_that_the_server_refuses_is_isolated(tmp_path: Path, database: Server) -> None:
    outcome = await databases.row_refused(tmp_path, 32, database)
    assert outcome.problems == []
    assert outcome.acked


async def test_killed_under_load_argus_goes_on_where_it_was(
    tmp_path: Path, database: Server
) -> None:
    outcome = await crashes.kill_nine(tmp_path, 33, cycles=3, longest_s=1.0, database=database)
    assert outcome.problems == []
    assert outcome.acked


async def test_cut_connections_lose_and_double_nothing(tmp_path: Path, database: Server) -> None:
    outcome = await databases.connections_cut(tmp_path, 31, database, seconds=6)
    assert outcome.problems == []
    assert outcome.acked
