"""Classes and functions of the user's own files, named as PATH.py:NAME.

A file is loaded by the commands that name it; drawing never loads one.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marginalia.core.errors import InputError
from marginalia.core.names import file_name
from marginalia.core.parsing import nearest

NAMED = re.compile(r"(.+\.py)(?::(.*))?", re.DOTALL)
LONGEST_NAME = 60
LONGEST_REASON = 120


@dataclass(frozen=True)
class UserCode:
    """A class or function of a file that is loaded. sha256: of the file's bytes at that time."""

    path: str
    name: str
    sha256: str

    @property
    def value(self) -> Any:
        """The class or function itself."""
        return getattr(sys.modules[self.module], self.name)

    @property
    def module(self) -> str:
        """The name that the file has among Python's modules, another one for every content."""
        return f"{Path(self.path).stem}_{hashlib.sha256((self.path + self.sha256).encode()).hexdigest()[:16]}"

    @property
    def settings(self) -> dict[str, str]:
        """What decides the numbers of a run; not the folder of the file."""
        return {"file": file_name(Path(self.path).name), "name": self.name, "sha256": self.sha256}

    @contextmanager
    def running(self, what: str) -> Iterator[None]:
        """InputError for any error inside, where the user's code runs. what: such as "Tiny on two images"."""
        try:
            yield
        except InputError:
            raise
        except (Exception, SystemExit) as error:  # it is anybody's code
            raise InputError(f"{file_name(self.path)}: {what} fails: {self.in_words(error)}") from None

    def in_words(self, error: BaseException) -> str:
        """The type and message of an error, and the last line of the file that led to it."""
        calls = traceback.extract_tb(error.__traceback__)
        lines = [call.lineno for call in calls if call.filename == self.path]
        if isinstance(error, SyntaxError) and error.filename == self.path:
            lines.append(error.lineno)
        message = (error.msg if isinstance(error, SyntaxError) else str(error)).strip().partition("\n")[0]
        return f"{type(error).__name__}: {message[:LONGEST_REASON]}" + (f" (line {lines[-1]})" if lines else "")


def is_user_code(text: str) -> bool:
    """Whether the text names something in a file of Python and is no name of ours."""
    return NAMED.fullmatch(text) is not None


def short_name(text: str) -> str:
    """ "my_loss-ArcFaceLi" for "folder/my_loss.py:ArcFaceLi"; any other text as it is."""
    named = NAMED.fullmatch(text)
    return f"{Path(named[1]).stem}-{named[2]}" if named else text


def load(text: str) -> UserCode:
    """What PATH.py:NAME names; while the file runs, modules of its folder can be imported.

    Raises InputError if there is no such file or name, if the file fails, or if NAME cannot be called.
    """
    path, name = NAMED.fullmatch(text).groups()  # type: ignore[union-attr]
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{file_name(path)} cannot be read ({error.strerror}); give FILE.py:NAME") from None
    code = UserCode(str(Path(path).absolute()), name or "", hashlib.sha256(source).hexdigest())
    if code.module not in sys.modules:
        run(code, source)
    content = vars(sys.modules[code.module])
    if code.name not in content:
        own = [key for key, value in content.items() if getattr(value, "__module__", "") == code.module]
        hint = nearest(code.name, own) if own else "it defines no class or function"
        problem = f"has no {name!r}" if name else f"needs the name of a class or function, {file_name(path)}:NAME"
        raise InputError(f"{file_name(path)} {problem}; {hint}")
    if not callable(code.value):
        raise InputError(f"{file_name(path)}: {name} is {type(code.value).__name__}; give a class or a function")
    if len(code.name) > LONGEST_NAME:
        raise InputError(f"{file_name(path)}: {name[:20]}… is longer than {LONGEST_NAME} letters; rename it")
    return code


def run(code: UserCode, source: bytes) -> None:
    """Makes these bytes of the file a module; Python's cache of compiled files could hold those of a second before."""
    spec = importlib.util.spec_from_file_location(code.module, code.path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    folder = str(Path(code.path).parent)
    sys.modules[code.module] = module
    sys.path.insert(0, folder)
    try:
        exec(compile(source, code.path, "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[code.module]
        raise InputError(f"{file_name(code.path)} fails while it loads: {code.in_words(error)}") from None
    finally:
        sys.path.remove(folder)
