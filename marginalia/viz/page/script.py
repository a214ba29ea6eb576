"""The page's script: its modules in one piece, each after those that it imports, without `import` and `export`.

The modules are ES modules, so that Node and an editor read them as they are. In the page they share one scope: a name
stands for one thing in all of them.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "modules"
MAIN = "main.mjs"
IMPORT = re.compile(r'^import \{([^}]*)\} from "(?:\./)?([\w./]+)";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async function|function\*?|class|const|let) )", re.M)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.M)
DEFINED = re.compile(r"^(export )?(?:async function|function\*?|class|const|let|var)\s+(\S+?)(?=[\s(;=])", re.M)


def script(folder: Path = FOLDER, main: str = MAIN) -> str:
    """All that `main` imports, and itself, as one classic script. Raises ValueError where that is not possible."""
    sources = {name: (folder / name).read_text(encoding="utf-8") for name in ordered(folder, main)}
    owners: dict[str, str] = {}
    for name, source in sources.items():
        for defined in definitions(source, name):
            if defined in owners:
                raise ValueError(f"{owners[defined]} and {name} both define {defined}")
            owners[defined] = name
    return "\n".join(['"use strict";\n', *(bare(source, name) for name, source in sources.items())])


def ordered(folder: Path, main: str) -> list[str]:
    """`main` and what it imports, each after its own imports; paths from `folder`."""
    done: list[str] = []
    under_way: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in under_way:
            raise ValueError(f"modules import each other: {' -> '.join([*under_way[under_way.index(name) :], name])}")
        if not (folder / name).is_file():
            raise ValueError(f"{under_way[-1]} imports {name}, which is not there")
        under_way.append(name)
        for path, names in imports((folder / name).read_text(encoding="utf-8")).items():
            imported = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
            visit(imported)
            missing = names - exports((folder / imported).read_text(encoding="utf-8"))
            if missing:
                raise ValueError(f"{name} imports {', '.join(sorted(missing))}, which {imported} does not export")
        done.append(under_way.pop())

    visit(main)
    return done


def imports(source: str) -> dict[str, set[str]]:
    """The names that a module imports, by module."""
    found: dict[str, set[str]] = {}
    for names, module in IMPORT.findall(source):
        found.setdefault(module, set()).update(name.strip() for name in names.split(",") if name.strip())
    return found


def exports(source: str) -> set[str]:
    return {name for exported, name in DEFINED.findall(source) if exported}


def definitions(source: str, module: str) -> list[str]:
    """The names that a module defines at its top level, where lines are not indented."""
    names = [name for _, name in DEFINED.findall(source)]
    for name in names:
        if not re.fullmatch(r"[\w$]+", name):
            raise ValueError(f"{module} defines several names at once at its top level: {name}")
    return names


def bare(source: str, module: str) -> str:
    """The module without `import` and `export`."""
    text = EXPORT.sub("", IMPORT.sub("", source))
    left = LEFT_OVER.search(text)
    if left:
        raise ValueError(f'{module} has a form other than `import {{ … }} from "./…"` or `export …`: {left[0]}')
    return text.strip() + "\n"
