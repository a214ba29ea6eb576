"""Configs and command lines that nobody would write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import main

from .common import ROOT, Outcome, is_one_clear_line, only_run, run_here

CASES = 2000
QUIET = {"database": None, "deadline": None, "phases": [Phase.generate], "suppress_health_check": list(HealthCheck)}
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
DRAWING_OPTIONS = st.sampled_from(
    ["--split", "--start-epoch", "--end-epoch", "--duration", "--hold", "--size", "--theme"]
)
OPTIONS = st.sampled_from([option for p in main.main.params for option in p.opts if option not in NEVER])
WORDS = st.one_of(
    st.text(max_size=6), st.integers().map(str), st.floats().map(str), st.sampled_from(["all", "softmax"])
)


def generated(scratch: Path, images: Path, cases: int = CASES) -> Outcome:
    """Configs and command lines made up by hypothesis; the data folder never exists, so that none of them trains."""
    original = json.loads((ROOT / "config.json").read_text())
    places = [[section, *rest] for section in original for rest in ways(original[section])]
    tried: list[str] = []
    bad: list[str] = []

    @settings(max_examples=cases, **QUIET)
    @given(
        edits=st.lists(st.tuples(st.sampled_from(places), VALUES), max_size=2),
        given_words=st.lists(st.tuples(OPTIONS, WORDS), max_size=3),
    )
    def try_one(edits: list, given_words: list) -> None:
        content = json.loads(json.dumps(original))
        for way, value in edits:
            replace_at(content, way, value)
        file = scratch / "config.json"
        file.write_text(json.dumps(content))
        arguments = [word.replace("\0", "") for pair in given_words for word in pair]
        fixed = [
            "--config",
            file,
            "--lossname",
            "softmax",
            "--dataset",
            "folder:/no/such",
            "--outputs",
            scratch / "none",
        ]
        code, err = run_here("main.py", *arguments, *fixed)
        tried.append(str(code))
        if not is_one_clear_line(code, err):
            bad.append(f"{arguments} {edits}: {code} {err[:200]}")

    @settings(max_examples=cases // 10, **QUIET)
    @given(given_words=st.lists(st.tuples(DRAWING_OPTIONS, WORDS), max_size=3))
    def redraw_one(given_words: list) -> None:
        arguments = [word.replace("\0", "") for pair in given_words for word in pair]
        run = only_run(scratch / "sound").name
        code, err = run_here(
            "create_gif.py", "--size", 200, *arguments, "--lossname", run, "--outputs", scratch / "sound"
        )
        tried.append(str(code))
        if code != 0 and not is_one_clear_line(code, err):
            bad.append(f"create_gif.py {arguments}: {code} {err[:200]}")

    try_one()
    redraw_one()
    for line in bad[:5]:
        click.echo(line)
    return len(tried), len(bad)


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
