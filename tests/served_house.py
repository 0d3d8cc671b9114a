"""The API and the console before a house of doubles, for the tests of both doors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from ragmarket.api.app import create_app
from ragmarket.settings import Settings
from tests.fake_house import FakeHouse


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse()


@pytest.fixture
def client(house: FakeHouse) -> Iterator[TestClient]:
    app = create_app(Settings(), build=lambda _: house)
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened
