"""Writes the playground and opens it.

python -m marginalia playground
python -m marginalia playground --lesson mine.json --labels docs/labels/playground/de.json
"""

from __future__ import annotations

import re
import webbrowser
from pathlib import Path
from urllib.parse import quote

import click

from marginalia.cli.options import config_option
from marginalia.core.errors import InputError

TRAIN, HELD_OUT, SEED = 8000, 2000, 0
FIRST = "ArcFace_v3"
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@click.command()
@click.option("--out", type=Path, default=Path("playground.html"), show_default=True)
@click.option("--open/--no-open", "opens", default=True, show_default=True, help="Open it in the browser.")
@click.option("--lesson", "mine", multiple=True, type=Path, help="A lesson of your own, JSON; may be repeated.")
@click.option("--labels", type=Path, help="Translations of its texts, JSON; the file's name is the language: de.json.")
@config_option
def playground(out: Path, opens: bool, mine: tuple[Path, ...], labels: Path | None, config: Path) -> None:
    """Write a page in which a small network learns digits while you move the margin."""
    from marginalia.config.config_file import read_config
    from marginalia.data.mnist import load_mnist
    from marginalia.draw import written
    from marginalia.viz.playground.assemble import playground_bytes
    from marginalia.viz.playground.lessons import included, read_lesson
    from marginalia.viz.playground.recorded import included_runs
    from marginalia.viz.playground.texts import captions
    from marginalia.viz.words import read_translations

    if out.suffix != ".html":
        raise InputError(f"--out {out} must end with .html")
    if labels and not LANGUAGE.fullmatch(labels.stem):
        raise InputError(f"--labels {labels} must be named after its language: de.json, zh-Hant.json")
    presets = read_config(config).margins()
    lessons = [read_lesson(path, presets) for path in (*included(), *mine)]
    names = [lesson.name for lesson in lessons]
    for lesson in lessons:
        if names.count(lesson.name) > 1:
            raise InputError(f"--lesson: two lessons are called {lesson.name}; rename {lesson.name}.json")
    translations = read_translations(labels, captions(lessons)) if labels else {}
    data = load_mnist()
    train, test = data.train.sample(TRAIN, SEED), data.test.sample(HELD_OUT, SEED)
    first = FIRST if FIRST in presets else next(iter(presets))
    content = playground_bytes(
        (train.images, train.labels), (test.images, test.labels), presets, first, lessons,
        included_runs(), translations, labels.stem if labels else "en",
    )  # fmt: skip
    click.echo(written(out, content))
    if opens:
        webbrowser.open(opening(out, mine))


def opening(out: Path, mine: tuple[Path, ...]) -> str:
    """The address that begins with the first lesson of one's own."""
    return out.resolve().as_uri() + (f"#lesson={quote(mine[0].stem)}" if mine else "")
