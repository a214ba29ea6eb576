"""Names that people gave to folders, classes and losses, as text that every file and picture can hold."""

from __future__ import annotations

import re
import unicodedata

DIGITS = re.compile(r"(\d+)")
FOLDER_PREFIX = "folder:"


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


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """A key that sorts "2" before "10" and "class2" before "class10"."""
    parts = DIGITS.split(name)
    return [(int(part), "") if number % 2 else (-1, part) for number, part in enumerate(parts)], name
