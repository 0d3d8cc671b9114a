"""Parts written copy into a development half, which those who mend rules may read, and a test half, which nobody reads.

A scenario is a class, a label and a place in its list: the tongues are parallel, so all go to the same side. Within
each label 40 % of the scenarios are for development, spread over the classes, by the order of a hash of the scenario.

    python eval/copy_split.py FROM INTO     # writes INTO/dev/<tongue>.yaml and INTO/test/<tongue>.yaml
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import yaml

SPLITS = ("dev", "test")
_DEV = 0.4
Scenario = tuple[int, str, int]


def _order(scenario: Scenario) -> str:
    return hashlib.sha256("|".join(map(str, scenario)).encode()).hexdigest()


def development(scenarios: Sequence[Scenario]) -> frozenset[Scenario]:
    """The scenarios for development: (class, label, place among its class and label).

    Within a label, as many as make 40 %; no class gives a second one before every class has given one.
    """
    chosen: set[Scenario] = set()
    labels: defaultdict[str, list[Scenario]] = defaultdict(list)
    for one in scenarios:
        labels[one[1]].append(one)
    for some in labels.values():
        turn: Counter[int] = Counter()
        ranked = []
        for one in sorted(some, key=_order):
            ranked.append((turn[one[0]], _order(one), one))
            turn[one[0]] += 1
        chosen.update(one for _, _, one in sorted(ranked)[: round(_DEV * len(some))])
    return frozenset(chosen)


def _rows(raw: dict[str, Any]) -> list[tuple[Scenario, str, list[str]]]:
    """Every row of one tongue as (scenario, section, row)."""
    found: list[tuple[Scenario, str, list[str]]] = []
    for number, rows in raw["unlawful"].items():
        seen: Counter[str] = Counter()
        for row in rows:
            found.append(((number, row[1], seen[row[1]]), "unlawful", row))
            seen[row[1]] += 1
    for number, rows in raw["lawful"].items():
        found += [((number, "lawful", place), "lawful", row) for place, row in enumerate(rows)]
    found += [((0, "neutral", place), "neutral", row) for place, row in enumerate(raw["neutral"])]
    return found


class _Flow(list[Any]):
    """A row, written on one line."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Flow, lambda dumper, row: dumper.represent_sequence("tag:yaml.org,2002:seq", row, True))


def part(source: Path, target: Path) -> dict[str, int]:
    """Write both halves of every tongue; returns how many rows each got.

    Raises:
        OSError: A file cannot be read or written.
        yaml.YAMLError: A file is not YAML.
    """
    files = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(source.glob("*.yaml"))}
    everything = sorted({scenario for raw in files.values() for scenario, _, _ in _rows(raw)})
    dev = development(everything)
    counts: Counter[str] = Counter()
    for tongue, raw in files.items():
        for split in SPLITS:
            half: dict[str, Any] = {"tongue": raw["tongue"], "author": raw["author"], "unlawful": {}, "lawful": {}}
            half["neutral"] = []
            for scenario, section, row in _rows(raw):
                if (scenario in dev) == (split == "dev"):
                    place = half[section] if section == "neutral" else half[section].setdefault(scenario[0], [])
                    place.append(_Flow(row))
                    counts[split] += 1
            (target / split).mkdir(parents=True, exist_ok=True)
            text = yaml.dump(half, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
            (target / split / f"{tongue}.yaml").write_text(text, encoding="utf-8")
    return dict(counts)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.stderr.write(f"{__doc__}\n")
        sys.exit(2)
    print(part(Path(sys.argv[1]), Path(sys.argv[2])))
