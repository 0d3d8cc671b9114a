from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ragmarket import telemetry
from ragmarket.cli.app import app
from tests.fake_house import FakeHouse, train_predictor, train_writer

Run = Callable[..., Result]


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> FakeHouse:
    fake = FakeHouse()
    monkeypatch.setattr("ragmarket.bootstrap.build", lambda _: fake)
    monkeypatch.setattr("ragmarket.training.train_writer", train_writer)
    monkeypatch.setattr("ragmarket.distilling.train_predictor", train_predictor)
    monkeypatch.setattr(telemetry, "configure", lambda *_, **__: None)
    return fake


@pytest.fixture
def run(house: FakeHouse) -> Run:  # noqa: ARG001  no command may open the real house
    def call(*arguments: str, stdin: str | bytes = "") -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin, prog_name="ragmarket")

    return call
