"""JSON objects into checked dataclasses, with errors that name the place and the nearest right word."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from marginalia.core.errors import InputError

Section = TypeVar("Section")
MOST_DIGITS = 18
JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:]')


def read_json(path: Path) -> Any:
    """The content of a JSON file in UTF-8, -16 or -32. Raises InputError that names the file, or a key given twice."""
    try:
        packed = path.read_bytes()
        text = packed.decode(json.detect_encoding(packed))
        content = json.loads(text)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    repeated = repeated_key(text)
    if repeated is not None:
        key, line, before = repeated
        raise InputError(f"{path}, line {line}: {key} stands in line {before} already; rename or remove one of them")
    return content


def repeated_key(text: str) -> tuple[str, int, int] | None:
    """The first key that one object of this JSON has twice, its line, and the line where it stood before."""
    lines: list[dict[str, int]] = []
    before, line, end, line_of_key = "", 1, 0, 1
    for token in JSON_TOKEN.finditer(text):
        sign = token[0]
        line, end = line + text.count("\n", end, token.start()), token.start()
        if sign in "{[":
            lines.append({})
        elif sign in "}]":
            lines.pop()
        elif sign == ":":
            key = json.loads(before)
            if key in lines[-1]:
                return json.dumps(key, ensure_ascii=False), line_of_key, lines[-1][key]
            lines[-1][key] = line_of_key
        before, line_of_key = sign, line
    return None


def parse(cls: type[Section], mapping: Any, where: str) -> Section:
    """`mapping` as the dataclass `cls`, with every key there, none unknown, every type right; else InputError."""
    require_keys(mapping, [field.name for field in fields(cls)], where)  # type: ignore[arg-type]
    values = {}
    for field in fields(cls):  # type: ignore[arg-type]
        values[field.name] = typed(mapping[field.name], str(field.type), f"{where}: {field.name}")
    try:
        return cls(**values)
    except OverflowError:
        raise InputError(f"{where}: a number is far too large") from None
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None


def parse_table(cls: type[Section], mapping: Any, where: str) -> dict[str, Section]:
    """A JSON object of rows, each parsed as `cls`."""
    require_object(mapping, where)
    if not mapping:
        raise InputError(f"{where} is empty; at least one row is needed")
    return {name: parse(cls, row, f"{where}: {name}") for name, row in mapping.items()}


def typed(value: Any, annotation: str, where: str) -> Any:
    """The JSON value if it is what the annotation says; a whole number also passes as a float, a list as a tuple."""
    if annotation == "tuple[str, ...]":
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            raise InputError(f"{where} must be a list of strings, not {json.dumps(value)[:60]}")
        return tuple(value)
    accepted = {part.strip() for part in annotation.split("|")}
    kind = type(value).__name__
    if kind == "int" and "float" in accepted:
        if abs(value) > 1e300:
            raise InputError(f"{where} must be a finite number")
        return float(value)
    if kind in accepted:
        return value
    hint = ""
    if kind == "str" and accepted == {"bool"} and value.lower() in ("true", "false"):
        hint = f"; write {value.lower()} without quotes"
    wanted = " or ".join(
        {"bool": "true or false", "str": "a string", "int": "a whole number"}.get(a, "a number")
        for a in sorted(accepted)
    )
    raise InputError(f"{where} must be {wanted}, not {json.dumps(value)[:60]}{hint}")


def whole_number(text: str) -> int:
    """Of at most 18 digits, so that it fits into 64 bits. Raises ValueError for anything else."""
    if len(text.strip().lstrip("+-")) > MOST_DIGITS:
        raise ValueError(f"{text[:MOST_DIGITS]}… is too large")
    return int(text)


def require_object(mapping: Any, where: str) -> None:
    if not isinstance(mapping, Mapping):
        raise InputError(f"{where} must be a JSON object in braces, not {json.dumps(mapping)[:60]}")


def require_keys(mapping: Any, names: Iterable[str], where: str) -> None:
    names = list(names)
    require_object(mapping, where)
    for key in mapping:
        if key not in names:
            raise InputError(f"{where}: unknown key {key!r}; {nearest(key, names)}")
    for name in names:
        if name not in mapping:
            raise InputError(f"{where}: the key {name!r} is missing")


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name."""
    known = list(known)
    lowered = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), lowered, n=3, cutoff=0.5)
    if close:
        return f"did you mean {', '.join(lowered[match] for match in close)}?"
    return f"known are {', '.join(known)}"


def require_choice(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}, not {value!r}")


def require_finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, not {value}")


def require_between(name: str, value: float, least: float, most: float) -> None:
    require_finite(name, value)
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value:g}")
    if value > most:
        raise ValueError(f"{name} must be at most {most}, not {value:g}")
