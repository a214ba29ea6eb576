"""A folder with one folder of images a class, or a person: what is in it, and what of it is left out."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

import marginalia.data.images  # noqa: F401  (it teaches Pillow HEIC where the plugin is installed)
from marginalia.core.errors import InputError
from marginalia.core.names import file_name

OTHER_PROGRAMS = {"BUFR", "EPS", "GRIB", "HDF5", "IPTC", "MPEG", "WMF"}  # Pillow needs these to read them
MPO_IS = {"MPO": "JPEG"}  # which is what Pillow opens it as
PLUGINS = {".heic": "heic", ".heif": "heic", ".hif": "heic"}
SYSTEM_FILES = {"__macosx", "@eadir", "$recycle.bin", "system volume information", "thumbs.db", "desktop.ini"}
SHOWN = 3


@dataclass(frozen=True)
class ClassFolders:
    """images: the paths of the images of each class, sorted, by the name of its folder. notes: what was left out."""

    images: dict[str, list[Path]]
    notes: tuple[str, ...]


def read_class_folders(root: Path) -> ClassFolders:
    """The images in `root/CLASS/`, of folders without images too. Raises InputError if there is no such folder."""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; one that holds a folder of images for each class is needed")
    images: dict[str, list[Path]] = {}
    endings: Counter[str] = Counter()
    places: dict[str, None] = {}
    deeper: dict[str, int] = {}
    for path in visible(root):
        if not path.is_dir():
            endings[ending(path)] += 1
            places["."] = None
            continue
        images[path.name] = []
        for file in visible(path):
            if file.is_dir():
                deeper[f"{path.name}/{file.name}"] = sum(is_image(inner) for inner in all_visible(file))
            elif is_image(file):
                images[path.name].append(file)
            else:
                endings[ending(file)] += 1
                places[path.name] = None
    return ClassFolders(images, (*left_out_by_ending(endings, places), *left_out_deeper(deeper)))


def left_out_by_ending(endings: Counter[str], places: dict[str, None]) -> list[str]:
    if not endings:
        return []
    counts = ", ".join(f"{count:,} of {name}" for name, count in endings.most_common())
    extras = sorted({PLUGINS[name] for name in endings if name in PLUGINS and name not in readable()})
    advice = "".join(f"; pip install 'marginalia-viz[{extra}]' reads {extra.upper()}" for extra in extras)
    return [f"{endings.total():,} file(s) left out: {counts} (in {some(places)}){advice}"]


def left_out_deeper(deeper: dict[str, int]) -> list[str]:
    found = {name: count for name, count in deeper.items() if count}
    if not found:
        return []
    return [f"{sum(found.values()):,} image(s) left out, which lie in deeper folders (in {some(found)})"]


def some(places: dict[str, int] | dict[str, None]) -> str:
    """The first few places by name."""
    return ", ".join([file_name(name) for name in places][:SHOWN]) + (", …" if len(places) > SHOWN else "")


def visible(folder: Path) -> list[Path]:
    """What lies in the folder, sorted, without hidden files and those that systems leave behind."""
    return sorted(
        path for path in folder.iterdir() if not path.name.startswith(".") and path.name.lower() not in SYSTEM_FILES
    )


def all_visible(folder: Path) -> list[Path]:
    """All visible files below a folder; links to folders are not followed, since they may lead back."""
    files = []
    for path in visible(folder):
        files += [path] if not path.is_dir() else [] if path.is_symlink() else all_visible(path)
    return files


def is_image(path: Path) -> bool:
    """Whether the ending is one that Pillow reads here."""
    return path.suffix.lower() in readable()


def ending(path: Path) -> str:
    return file_name(path.suffix.lower()) or "no ending"


@functools.cache
def readable() -> frozenset[str]:
    """The endings of the formats that Pillow, with the plugins there are, reads by itself."""
    Image.init()
    kinds = {suffix: MPO_IS.get(kind, kind) for suffix, kind in Image.registered_extensions().items()}
    return frozenset(s for s, kind in kinds.items() if kind in Image.OPEN and kind not in OTHER_PROGRAMS)
