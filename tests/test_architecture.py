"""The house's walls, manners and promises of quiet, held by tools."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ragmarket"
BIN = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("lint-imports", "--no-cache"), id="import contracts"),
        pytest.param(("ruff", "check", "ragmarket", "eval", "tests"), id="ruff"),
        pytest.param(("ruff", "format", "--check", "ragmarket", "eval", "tests"), id="format"),
        pytest.param(("mypy",), id="mypy --strict"),
    ],
)
def test_tool_is_content(command: tuple[str, ...]) -> None:
    done = run(str(BIN / command[0]), *command[1:])
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


HEAVY = ("torch", "guardrails", "llama_index", "transformers", "qdrant_client", "sklearn", "numpy", "xgrammar", "ray")


@pytest.mark.parametrize("module", ["ragmarket.api.app", "ragmarket.cli", "ragmarket.bootstrap", "ragmarket.pipeline"])
def test_a_door_opens_without_heavy_libraries(module: str) -> None:
    code = f"import sys, {module}; print([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def rooms() -> list[Path]:
    return sorted(path.parent for path in PACKAGE.rglob("__init__.py"))


@pytest.mark.parametrize("room", rooms(), ids=lambda room: str(room.relative_to(ROOT)))
def test_each_room_has_its_sign_and_nothing_else(room: Path) -> None:
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a room without a sign on its door"
    if room != PACKAGE:
        assert len(tree.body) == 1, "a room's __init__ holds its sign alone"


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_the_top_level_is_as_agreed() -> None:
    agreed = {
        "pyproject.toml", "README.md", "ragmarket", "corpus", "approved_disclaimers", "eval", "deploy", "tests",
        "Makefile", "LICENSE", "CHANGELOG.md",
    }  # fmt: skip
    listed = run("git", "ls-files").stdout.split("\n")
    if not any(listed):
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed if line and not line.startswith(".")}
    assert top <= agreed


def test_help_answers_within_a_second_of_processor_time() -> None:
    before = os.times()
    done = run(str(BIN / "ragmarket"), "--help")
    after = os.times()
    assert done.returncode == 0
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < 1.0
