"""One real redis-server for the folder's tests, emptied before each."""

from collections.abc import Iterator

import pytest
import redis

from tests.real_redis import RealRedis


@pytest.fixture(scope="session")
def running_redis() -> Iterator[RealRedis]:
    with RealRedis() as server:
        yield server


@pytest.fixture
def server(running_redis: RealRedis) -> RealRedis:
    with running_redis.client() as client:
        client.flushall()
    return running_redis


@pytest.fixture
def client(server: RealRedis) -> Iterator["redis.Redis"]:
    with server.client() as client:
        yield client
