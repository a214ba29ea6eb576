"""Names that people gave to folders, classes and losses, as text that every file and picture can hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

DIGITS = re.compile(r"(\d+)")
FOLDER_PREFIX = "folder:"
ARRAYS_SUFFIX = ".npz"


def printable(name: str) -> str:
    r"""The name with control characters, lone surrogates and non-characters written as escapes, such as \x07.

    UTF-8, XML and matplotlib have no place for them.
    """
    return "".join(escaped(sign) if has_no_glyph(sign) else sign for sign in name)


def has_no_glyph(sign: str) -> bool:
    # Cf stays: the joiners of Persian and Hindi are in it.
    return unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or ord(sign) & 0xFFFE == 0xFFFE


def escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def file_name(name: str) -> str:
    r"""The name of a file or folder as text; bytes that are not UTF-8, as in old ZIPs, as escapes, such as caf\xe9."""
    try:
        content = name.encode("utf-8", errors="surrogateescape")
    except UnicodeEncodeError:  # surrogates that stand for no byte
        return printable(name)
    return printable(content.decode("utf-8", errors="backslashreplace"))


def listed(names: Sequence[object], most: int) -> str:
    """The first few names for a message, and an ellipsis where there are more."""
    return ", ".join(file_name(str(name)) for name in names[:most]) + (", …" if len(names) > most else "")


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """A key that sorts "2" before "10" and "class2" before "class10"."""
    parts = DIGITS.split(name)
    return [(int(part), "") if number % 2 else (-1, part) for number, part in enumerate(parts)], name


def is_path(dataset: str) -> bool:
    """Whether the data set is the user's own, folder:PATH or FILE.npz, and no name."""
    return dataset.startswith(FOLDER_PREFIX) or dataset.lower().endswith(ARRAYS_SUFFIX)


def with_path(dataset: str, change: Callable[[str], str]) -> str:
    """The data set with its path changed; a name stays as it is."""
    if not is_path(dataset):
        return dataset
    prefix = FOLDER_PREFIX if dataset.startswith(FOLDER_PREFIX) else ""
    return prefix + change(dataset.removeprefix(prefix))


def without_path(dataset: str) -> str:
    """The data set as it decides numbers: of the user's own its kind, not its path, since its images have a digest."""
    if dataset.startswith(FOLDER_PREFIX):
        return FOLDER_PREFIX
    return ARRAYS_SUFFIX if is_path(dataset) else dataset
