"""The documentation as a site: `mkdocs build --strict`, and what a reader without a network finds there."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest

import marginalia
from marginalia import callbacks
from marginalia import draw as pictures
from marginalia.cli.draw import draw
from marginalia.cli.train import train

ROOT = Path(__file__).parent.parent
NEEDED = ("mkdocs", "material", "mkdocstrings", "latex2mathml")
VERSION = re.compile(r"_v\d+$")
IN_CSS = re.compile(r"url\(\s*['\"]?(?!data:)([^'\")]+)|@import\s+['\"]([^'\"]+)")
LOADED = {("script", "src"), ("img", "src"), ("img", "srcset"), ("iframe", "src"), ("source", "src"), ("video", "src")}
RELATIONS = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "modulepreload", "manifest"}


@dataclass
class Page(HTMLParser):
    """loads: what a browser fetches by itself; links: where a reader can go; anchors: names inside; text: as read."""

    source: str
    loads: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.loads += [given[name] for name in given if (tag, name) in LOADED]
        if tag == "link":
            related = RELATIONS & set(given.get("rel", "").split())
            (self.loads if related else self.links).append(given.get("href", ""))
        elif "href" in given:
            self.links.append(given["href"])
        self.loads += addresses_in(given.get("style", ""))

    def handle_data(self, data: str) -> None:
        self.text += data


def addresses_in(css: str) -> list[str]:
    return [first or second for first, second in IN_CSS.findall(css)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} missing; pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_everything_that_a_page_names_is_there(pages):
    lost = [f"{path.name}: {link}" for path, page in pages.items() for link in page.loads + page.links
            if not reaches(path, link, pages)]  # fmt: skip
    assert lost == []


def reaches(path: Path, link: str, pages: dict[Path, Page]) -> bool:
    """Whether a link from this page leads to a file and a place in it; those to other machines are not followed."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return False
    return not parts.fragment or target not in pages or unquote(parts.fragment) in pages[target].anchors


def test_nothing_is_loaded_from_the_network(site, pages):
    found = [(path.name, link) for path, page in pages.items() for link in page.loads]
    for path in site.rglob("*.css"):
        found += [(path.name, link) for link in addresses_in(path.read_text(encoding="utf-8"))]
    assert len(found) > len(pages), "nothing was found to look at"
    assert not [row for row in found if urlsplit(row[1]).scheme not in ("", "data") or urlsplit(row[1]).netloc]


def test_the_search_works_from_a_folder(site):
    """The index is a script, as browsers read no JSON from file://, and it knows a word of the mathematics."""
    index = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    found = json.loads(index.removeprefix("var __index = "))["docs"]
    assert any(part["location"].startswith("mathematics.html") and "Kahan" in part["text"] for part in found)
    assert "iframe-worker" in (site / "index.html").read_text(encoding="utf-8")


def test_every_picture_of_docs_is_small_enough_for_its_page(site):
    sizes = {path.name: path.stat().st_size for path in (site / "gallery" / "losses").glob("*.png")}
    assert len(sizes) == 11
    assert max(sizes.values()) < 25_000, sizes


def test_the_command_line_names_every_option(pages):
    text = text_of(pages, "command-line.html")
    for command in (train, draw):
        names = {name for option in command.params if isinstance(option, click.Option) for name in option.opts}
        assert names
        assert not [name for name in names if not re.search(rf"{re.escape(name)}(?![\w-])", text)]


def test_the_reference_names_every_public_name(pages):
    anchors = next(page.anchors for path, page in pages.items() if path.name == "reference.html")
    described = {anchor.rpartition(".")[2] for anchor in anchors if anchor.startswith("marginalia.")}
    wanted = {*marginalia.PUBLIC, *pictures.__all__, *callbacks.PUBLIC}
    wanted |= {"RecordedRun", "Snapshot", "Style", "add", "snapshot", "loss"}
    assert wanted - described == set()


def test_formulas_are_mathml(pages):
    sources = {path.name: page.source for path, page in pages.items()}
    assert sources["mathematics.html"].count("<math ") > 20
    assert not [name for name, source in sources.items() if 'class="arithmatex"' in source]


def text_of(pages: dict[Path, Page], name: str) -> str:
    return next(page.text for path, page in pages.items() if path.name == name)


def test_every_loss_of_the_config_is_in_a_table():
    pages = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("losses-table.md", "losses.md")]
    rows = json.loads((ROOT / "config.json").read_text(encoding="utf-8"))["losses"]
    for name, row in rows.items():
        table = pages["head" in row]
        wanted = VERSION.sub("", name) if "head" in row else f"gallery/losses/{name}.png"
        assert wanted in table, name
