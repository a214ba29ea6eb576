"""Names as text in a picture: short, different where the names are, and in fonts that have their signs."""

from __future__ import annotations

import contextlib
import functools
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path

from matplotlib.font_manager import FontProperties, findfont, findSystemFonts, fontManager, get_font

from marginalia.core.names import printable

BASE = "DejaVu Sans"
PLACEHOLDERS = "lastresort"  # a font with a picture of a box for every sign
BOX = "\N{WHITE SQUARE}"
DOTS = "…"
FIRST_EMOJI = "\U0001f000"

_without_font: set[str] = set()


def shown(name: str, longest: int) -> str:
    """A name as text in a picture: shortened, and not read as mathematics."""
    return shown_names([name], longest)[0]


def shown_names(names: Sequence[str], longest: int) -> list[str]:
    """Names as text in a picture, not read as mathematics; a sign that no installed font has becomes a box."""
    short = [with_boxes(name) for name in short_names(names, longest)]
    return [name.replace("$", r"\$") for name in short]


def with_boxes(text: str) -> str:
    """The text with a box for each sign that no installed font has."""
    return "".join(BOX if has_no_font(sign) else sign for sign in text)


def short_names(names: Sequence[str], longest: int) -> list[str]:
    """Names of at most `longest` signs, different where the names are.

    They lose their ends; those that would then be the same lose what stands before their first difference, and if even
    that does not tell them apart, they get numbers.
    """
    whole = [printable(name) for name in names]
    short = told_apart({name: name if len(name) <= longest else name[: longest - 1] + DOTS for name in whole}, longest)
    taken: set[str] = set()
    for number, name in enumerate(short):
        while short[name] in taken:
            short[name] = f"{name[: max(0, longest - 1 - len(str(number)))]}{DOTS}{number}"
            number += len(short)
        taken.add(short[name])
    return [short[name] for name in whole]


def told_apart(short: dict[str, str], longest: int) -> dict[str, str]:
    """The same short forms, but where several names have one."""
    alike = defaultdict(list)
    for name, form in short.items():
        alike[form].append(name)
    for group in alike.values():
        if len(group) > 1:
            short = short | told_apart(without_common_start(group, longest), longest)
    return short


def without_common_start(names: Sequence[str], longest: int) -> dict[str, str]:
    """Forms that show the names from their first difference on, or from the start of its word or number, if it fits."""
    room, first = longest - 1, first_difference(names)
    word, number = (start_of(names[0], first, belongs) for belongs in (str.isalnum, str.isdecimal))
    start = word if max(map(len, names)) - word <= room else number if first - number < room else first
    rests = {name: name[start:][:room] for name in names}
    return {name: name[: room - len(rest)] + DOTS + rest for name, rest in rests.items()}


def first_difference(names: Sequence[str]) -> int:
    """Where names, of which two differ, are not the same for the first time."""
    columns = zip_longest(*names)
    return next(place for place, signs in enumerate(columns) if len(set(signs)) > 1)


def start_of(name: str, place: int, belongs: Callable[[str], bool]) -> int:
    while place and belongs(name[place - 1]):
        place -= 1
    return place


def families(text: str) -> list[str]:
    """The font families for matplotlib that have the signs of this text, the usual one first."""
    return [BASE, *dict.fromkeys(font for sign in text if (font := other_font(sign)))]


def has_no_font(sign: str) -> bool:
    """Whether no installed font has the sign, which is then remembered for `without_font`."""
    if other_font(sign) is not None:
        return False
    _without_font.add(sign)
    return True


@functools.cache
def other_font(sign: str) -> str | None:
    """ "" if the usual font has the sign, else the family of an installed font that has it; None if there is none."""
    if has_sign(findfont(FontProperties(family=BASE)), sign) or not sign.strip():
        return ""
    return next((family for family, path in other_fonts() if has_sign(path, sign)), None)


@functools.cache
def other_fonts() -> list[tuple[str, str]]:
    """Family and file of each installed font, upright and of normal weight first."""
    listed = {font.fname for font in fontManager.ttflist}
    for path in sorted(set(findSystemFonts()) - listed):  # matplotlib keeps its list from before they were installed
        with contextlib.suppress(Exception):  # fonts that it cannot read
            fontManager.addfont(path)
    ranked = sorted(fontManager.ttflist, key=lambda font: (font.style != "normal", font.weight != 400, font.name))
    found: dict[str, str] = {}
    for font in ranked:
        if PLACEHOLDERS not in font.name.replace(" ", "").lower() and Path(font.fname).is_file():
            found.setdefault(font.name, font.fname)
    return list(found.items())


def has_sign(path: str, sign: str) -> bool:
    try:
        return get_font(path).get_char_index(ord(sign)) != 0
    except (OSError, RuntimeError):  # it was removed since, or is damaged
        return False


def without_font() -> str | None:
    """A line on the scripts of all names so far for which no font is installed; None if there is none."""
    if not _without_font:
        return None
    signs = "".join(sorted(_without_font))
    scripts = sorted({script_of(sign) for sign in signs})
    some = signs[:10] + (DOTS if len(signs) > 10 else "")
    return f"no installed font has the {', '.join(scripts)} signs {some}: they are drawn as boxes; install such a font"


def script_of(sign: str) -> str:
    """The first word of the sign's name in Unicode, which is that of its script."""
    if sign >= FIRST_EMOJI and unicodedata.category(sign) in ("So", "Sk"):
        return "emoji"
    return unicodedata.name(sign, "unknown").split()[0]
