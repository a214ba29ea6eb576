"""Configs and command lines that nobody would write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from marginalia.cli.draw import draw
from marginalia.cli.train import train

from .common import ROOT, Outcome, is_one_clear_line, only_run, run_here

CASES = 2000
QUIET = {"database": None, "deadline": None, "phases": [Phase.generate], "suppress_health_check": list(HealthCheck)}
KEPT = {"--help", "--outputs", "--config", "--deck", "--size"}
NEVER = {"--help", "--outputs", "--config", "--dataset", "--quick", "--verbose", "--overwrite"}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["False", "all", 1e400]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)
DRAWING_OPTIONS = st.sampled_from([option for p in draw.params for option in p.opts if option not in KEPT])
OPTIONS = st.sampled_from([option for p in train.params for option in p.opts if option not in NEVER])
WORDS = st.one_of(
    st.text(max_size=6), st.integers().map(str), st.floats().map(str), st.sampled_from(["all", "softmax", "plane"])
)


def generated(scratch: Path, images: Path, cases: int = CASES) -> Outcome:
    """Configs and command lines made up by hypothesis, ten of main.py to one of create_gif.py."""
    codes = [*training_commands(scratch, cases), *drawing_commands(scratch, cases // 10)]
    bad = [line for line in codes if line]
    for line in bad[:5]:
        click.echo(line)
    return len(codes), len(bad)


def training_commands(scratch: Path, cases: int) -> list[str]:
    """What was wrong with each answer, "" for nothing; the data folder never exists, so that none of them trains."""
    original = json.loads((ROOT / "config.json").read_text())
    places = [[section, *rest] for section in original for rest in ways(original[section])]
    file = scratch / "config.json"
    fixed = ["--config", file, "--lossname", "softmax", "--dataset", "folder:/no/such", "--outputs", scratch / "none"]
    found: list[str] = []

    @settings(max_examples=cases, **QUIET)
    @given(
        edits=st.lists(st.tuples(st.sampled_from(places), VALUES), max_size=2),
        given_words=st.lists(st.tuples(OPTIONS, WORDS), max_size=3),
    )
    def try_one(edits: list, given_words: list) -> None:
        content = json.loads(json.dumps(original))
        for way, value in edits:
            replace_at(content, way, value)
        file.write_text(json.dumps(content))
        arguments = words_of(given_words)
        code, err = run_here("main.py", *arguments, *fixed)
        found.append("" if is_one_clear_line(code, err) else f"main.py {arguments} {edits}: {code} {err[:200]}")

    try_one()
    return found


def drawing_commands(scratch: Path, cases: int) -> list[str]:
    """The same of create_gif.py, with a sound run to draw."""
    run = only_run(scratch / "sound").name
    fixed = ["--size", 200, "--outputs", scratch / "sound", "--config", ROOT / "config.json"]
    found: list[str] = []

    @settings(max_examples=cases, **QUIET)
    @given(given_words=st.lists(st.tuples(DRAWING_OPTIONS, WORDS), max_size=3), named=st.booleans())
    def try_one(given_words: list, named: bool) -> None:
        arguments = words_of(given_words) + (["--lossname", run] if named else [])
        code, err = run_here("create_gif.py", *arguments, *fixed)
        sound = code == 0 or is_one_clear_line(code, err)
        found.append("" if sound else f"create_gif.py {arguments}: {code} {err[:200]}")

    try_one()
    return found


def words_of(pairs: list) -> list[str]:
    return [word.replace("\0", "") for pair in pairs for word in pair]


def ways(tree: object) -> Iterator[list[str]]:
    """Every path of keys into a JSON object."""
    yield []
    if isinstance(tree, dict):
        for key, branch in tree.items():
            for rest in ways(branch):
                yield [key, *rest]


def replace_at(tree: object, way: list[str], value: object) -> None:
    for step in way[:-1]:
        tree = tree.get(step) if isinstance(tree, dict) else None
    if isinstance(tree, dict):
        tree[way[-1]] = value
