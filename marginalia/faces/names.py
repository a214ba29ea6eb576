"""Lists of names that people keep, read as they are meant where that is safe."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from marginalia.core.errors import InputError
from marginalia.core.names import file_name, listed

AROUND = " \t'\"`\u201c\u201d\u2018\u2019«»,;"
NAMED = 30


class Known:
    """The names there are, and what others may be meant by.

    Case, spaces for underscores, quotes, and a comma or slash at the end make no difference, unless two known names
    differ in nothing else.
    """

    def __init__(self, names: Iterable[str]):
        self.names = frozenset(names)
        self.loose: dict[str, list[str]] = {}
        for name in sorted(self.names):
            self.loose.setdefault(loosely(name), []).append(name)

    def find(self, name: str) -> str | None:
        """The name that is meant; None if there is none, or more than one."""
        candidates = self.candidates(name)
        return candidates[0] if len(candidates) == 1 else None

    def candidates(self, name: str) -> list[str]:
        """The names that could be meant."""
        return [name] if name in self.names else self.loose.get(loosely(name), [])

    def described(self, name: str) -> str:
        """A name that was not found, for people."""
        candidates = " or ".join(map(file_name, self.candidates(name)))
        return file_name(name) + (f" (is {candidates} meant?)" if candidates else "")


def loosely(name: str) -> str:
    """The name without what makes no difference; two names that could mean the same give the same."""
    slashed = unicodedata.normalize("NFC", name).replace("\\", "/").strip(AROUND).removeprefix("./")
    return "_".join(slashed.rstrip(AROUND + "/").replace("_", " ").split()).casefold()


def require_matched(missing: Iterable[str], count: int, source: str, what: str, allowed: bool) -> str | None:
    """A line on the names that match nothing, if there are some. Raises InputError of them unless that is `allowed`.

    count: of all names. source: where they stand. what: what they do not match.
    """
    named = list(missing)
    if not named:
        return None
    line = f"{source}: {len(named):,} of {count:,} names match {what}: {listed(named, NAMED)}"
    if not allowed:
        raise InputError(f"{line}; correct them, or add --allow-missing to go on without them")
    return line


def read_text(path: Path, what: str) -> str:
    """A text file with or without a byte order mark; bytes that are not UTF-8 stay what they are in file names.

    Raises InputError that names the file and what it should be.
    """
    try:
        packed = path.read_bytes()
        if packed.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return packed.decode("utf-16")
        return packed.decode("utf-8-sig", errors="surrogateescape")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {what} is needed") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as {what} ({error})") from None
