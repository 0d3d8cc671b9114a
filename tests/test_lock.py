"""Everything that is installed runs on every Python that the project promises, the oldest patch of it too."""

from __future__ import annotations

import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]


def test_every_locked_package_takes_the_oldest_python_that_is_promised() -> None:
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    oldest = min(spec.version for spec in SpecifierSet(promised) if spec.operator == ">=") + ".0"
    refused = {
        f"{one.metadata['Name']} {one.version}": wanted
        for one in distributions()
        if "Requires-Python" in one.metadata and oldest not in SpecifierSet(wanted := one.metadata["Requires-Python"])
    }
    assert refused == {}, f"pin an older version in {ROOT / 'pyproject.toml'}: Python {oldest} is refused"
