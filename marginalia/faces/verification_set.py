"""Pairs of faces in one file, as insightface keeps its verification sets: lfw.bin, cfp_fp.bin and others.

The file is a pickle of a list of encoded images, two for each pair, and a list of bool: do they show one person?
A pickle can run any code. This reader admits lists, tuples, bytes, bools, numbers and NumPy arrays of bytes, and
refuses the rest before anything of it is called.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.names import printable
from marginalia.data.images import opened
from marginalia.training.tensors import first_line

BYTES, BOOL = "u1", "b1"
FOLDS = 10


@dataclass(frozen=True)
class SetImage:
    """An image of a set, read as if it were a file of its own. key: its number from 0."""

    file: Path
    key: int
    content: bytes

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        return io.BytesIO(self.content)

    def __str__(self) -> str:
        return f"{self.file}, image {self.key}"


@dataclass(frozen=True)
class VerificationSet:
    """images: left and right of the first pair, then of the second, and so on. same: bool (N,)."""

    name: str
    images: tuple[SetImage, ...]
    same: np.ndarray


def read_set(path: Path) -> VerificationSet:
    """Raises InputError if there is no such file, it is damaged or holds anything else, without running any of it."""
    try:
        packed = path.read_bytes()
        require_modest(packed)
        content = Admitting(packed).load()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except InputError as error:
        raise InputError(f"{path} is no verification set: {error}") from None
    except Exception as error:  # a damaged pickle raises whatever comes
        raise InputError(f"{path} is no verification set, or is damaged ({first_line(error)})") from None
    if not isinstance(content, (tuple, list)) or len(content) != 2:
        raise InputError(f"{path} must hold two lists, images and bools")
    images, same = content
    if isinstance(same, Array) and same.kind == BOOL:
        same = list(same.content)
    if not isinstance(images, (list, tuple)) or not isinstance(same, (list, tuple)) or len(images) != 2 * len(same):
        raise InputError(f"{path} must hold two images for each of its bools")
    if not images or not all(isinstance(answer, int) and answer in (0, 1) for answer in same):
        raise InputError(f"{path}: the second list must hold bools, one at least")
    found = tuple(SetImage(path, number, as_bytes(image, path, number)) for number, image in enumerate(images))
    return VerificationSet(path.stem, found, np.array(same, dtype=bool))


def folds_of(count: int) -> np.ndarray:
    """Ten folds of pairs in their order, as scikit-learn's KFold makes them without shuffling, int64 (N,)."""
    sizes = np.full(FOLDS, count // FOLDS)
    sizes[: count % FOLDS] += 1
    return np.repeat(np.arange(1, FOLDS + 1), sizes)


def require_testable(sets: Sequence[VerificationSet]) -> None:
    """InputError for two sets of one name, fewer than ten pairs, pairs of one kind, or an image that cannot be read."""
    if len({pairs.name for pairs in sets}) < len(sets):
        raise InputError("two of the sets have one name; rename one of them, so that they can be told apart")
    for pairs in sets:
        if len(pairs.same) < FOLDS or pairs.same.all() or not pairs.same.any():
            wanted = f"at least {FOLDS} are needed for ten folds, of one person and of two"
            raise InputError(f"{pairs.images[0].file}: {len(pairs.same)} pairs; {wanted}")
        for image in pairs.images:
            with opened(image):
                pass


def as_bytes(image: Any, path: Path, number: int) -> bytes:
    if isinstance(image, Array) and image.kind == BYTES:
        return image.content
    if isinstance(image, bytes):
        return image
    raise InputError(f"{path}, image {number}: bytes are needed, not {type(image).__name__.lower()}")


class Kind:
    """Stands for a dtype in the pickle: that of bytes or of bools, nothing else."""

    def __init__(self, text: Any, *copying: Any):
        self.name = text.decode("latin1") if isinstance(text, bytes) else str(text)
        if self.name not in (BYTES, BOOL):
            raise InputError(f"it holds numbers of type {self.name[:20]}")

    def __setstate__(self, state: Any) -> None:
        """Byte order and fields: a byte has none."""


class Array:
    """Stands for an array in the pickle. A real one would let a hostile file say what lies in memory."""

    kind, content = "", b""

    def __setstate__(self, state: Any) -> None:
        _, _, kind, _, content = state
        self.fill(content, kind)

    def fill(self, content: Any, kind: Any) -> Array:
        if not isinstance(kind, Kind):
            raise InputError("it holds an array of another kind")
        if not isinstance(content, (bytes, bytearray, str)):
            raise InputError("it holds an array without content")
        self.kind, self.content = kind.name, content.encode("latin1") if isinstance(content, str) else bytes(content)
        return self


def scalar(kind: Any, content: Any) -> bool:
    return bool(Array().fill(content, kind).content[0])


def require_modest(packed: bytes) -> None:
    """InputError for a pickle that numbers its memory far beyond what it holds; reading it would fill the machine's.

    Raises ValueError for bytes that are no pickle.
    """
    for number, (code, argument, _) in enumerate(pickletools.genops(packed)):
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > number:
            raise InputError("it numbers what it does not hold")


class Admitted:
    """Stands for a function that a pickle may call, which is all that it can do with it."""

    def __init__(self, call: Callable[..., Any]):
        self.call = call

    def __call__(self, *arguments: Any) -> Any:
        return self.call(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise InputError("it changes what it calls")


class Admitting(pickle.Unpickler):
    """Whatever it calls is made anew for each file, so that a file leaves nothing behind."""

    def __init__(self, packed: bytes):
        super().__init__(io.BytesIO(packed), encoding="bytes")
        self.left = len(packed)
        self.admitted: dict[tuple[str, str], Any] = {
            ("_codecs", "encode"): Admitted(self.encoded), ("numpy", "dtype"): Admitted(Kind),
            ("numpy", "ndarray"): "ndarray",
        }  # fmt: skip
        for core in ("numpy.core", "numpy._core"):
            self.admitted[f"{core}.multiarray", "_reconstruct"] = Admitted(lambda *_: Array())
            self.admitted[f"{core}.multiarray", "scalar"] = Admitted(scalar)
            self.admitted[f"{core}.numeric", "_frombuffer"] = Admitted(
                lambda content, kind, *_: Array().fill(content, kind)
            )

    def encoded(self, text: str, encoding: str | bytes) -> bytes:
        """How pickles of protocol 2 keep bytes; all of them together are no more than the file has."""
        if encoding not in ("latin1", b"latin1"):
            raise InputError(f"it asks for the encoding {printable(str(encoding)[:40])}")
        self.left -= len(text)
        if self.left < 0:
            raise InputError("it repeats its bytes")
        return text.encode("latin1")

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.admitted:
            raise InputError(f"it asks for {printable(f'{module[:60]}.{name[:60]}')}, which could run code")
        return self.admitted[module, name]

    def persistent_load(self, name: Any) -> Any:
        raise InputError("it refers to another file")
