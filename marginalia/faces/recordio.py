"""RecordIO files as MXNet writes them and insightface packs faces: train.rec, train.idx and property.

A record is the magic number, a word with three flag bits and 29 bits of length, the bytes, and zeros up to a multiple
of four. A record whose bytes hold the magic number at a multiple of four is written in parts without it, flagged as
first, middle and last. The bytes of an image record are a header and a JPEG or PNG: flag (uint32), label (float32), id
and id2 (uint64); where the flag is above 0, so many float32 labels come after the header. The index has a line
"key TAB offset" for each record. Source: dmlc-core, recordio.h; MXNet, image_recordio.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.parsing import whole_number

MAGIC = struct.pack("<I", 0xCED7230A)
WHOLE, FIRST, MIDDLE, LAST = range(4)
LENGTH_BITS = 29
LONGEST = (1 << LENGTH_BITS) - 1
WORD = 4
HEADER = struct.Struct("<IfQQ")
MOST_LABELS = 1 << 16


@dataclass(frozen=True)
class ImageRecord:
    """labels: one or more numbers. key: the id that its header carries. image: the bytes of a JPEG or PNG, or none."""

    labels: tuple[float, ...]
    key: int
    image: bytes


class RecordFile:
    """Random access to the records of a file, without reading it whole."""

    def __init__(self, path: Path):
        """Raises InputError if there is no such file, or its index cannot be read or points beyond the file."""
        self.path = path
        try:
            self.size = path.stat().st_size
            self.content = np.memmap(path, dtype=np.uint8, mode="r") if self.size else np.zeros(0, dtype=np.uint8)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from None
        index = path.with_suffix(".idx")
        self.offsets = read_index(index, self.size) if index.exists() else dict(enumerate(self.scanned()))
        if not self.offsets:
            raise InputError(f"{path} has no records")

    def __reduce__(self) -> tuple[type[RecordFile], tuple[Path]]:
        return RecordFile, (self.path,)  # a worker opens the file itself

    def __len__(self) -> int:
        return len(self.offsets)

    def record(self, key: int) -> bytes:
        """The bytes of the record with this key. Raises InputError where they are damaged, KeyError without the key."""
        return self.record_at(self.offsets[key])[0]

    def image(self, key: int) -> ImageRecord:
        return parsed(self.record(key), f"{self.path}, record {key}")

    def first_labels(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of all records in the order of their keys: keys int64, first labels float32, and whether there is an image.

        Raises InputError for a record that is no image record. Reads the headers only.
        """
        keys = np.array(sorted(self.offsets), dtype=np.int64)
        at = np.array([self.offsets[key] for key in keys.tolist()], dtype=np.int64) // WORD
        words = self.content[: self.size // WORD * WORD].view("<u4")
        short = at + (2 * WORD + HEADER.size) // WORD > len(words)
        if short.any() or (words[at] != int.from_bytes(MAGIC, "little")).any():
            raise InputError(
                f"{self.path}: a record of the index is not there; the index is of another file, or damaged"
            )
        length, counts = words[at + 1] & LONGEST, words[at + 2]
        is_split = words[at + 1] >> LENGTH_BITS != WHOLE
        least = HEADER.size + WORD * counts.astype(np.int64)
        damaged = (counts > MOST_LABELS) | (~is_split & (length < least))
        if damaged.any():
            raise InputError(f"{self.path}, record {keys[damaged][0]} has more labels than it has room for")
        several = np.minimum(at + (2 * WORD + HEADER.size) // WORD, len(words) - 1)
        labels = np.where(counts > 0, words[several], words[at + 3]).astype("<u4").view("<f4")
        return keys, labels, is_split | (length > least)

    def scanned(self) -> Iterator[int]:
        """The offsets of all records, by reading the whole file."""
        offset = 0
        while offset < self.size:
            yield offset
            offset = self.record_at(offset)[1]

    def record_at(self, offset: int) -> tuple[bytes, int]:
        """The bytes of the record at this offset, and the offset after it."""
        parts: list[bytes] = []
        while True:
            flag, content, offset = self.part_at(offset)
            if flag not in ((WHOLE, FIRST) if not parts else (MIDDLE, LAST)):
                raise InputError(f"{self.path}: at byte {offset:,} a part of a record is missing; the file is damaged")
            parts.append(content)
            if flag in (WHOLE, LAST):
                return MAGIC.join(parts), offset

    def part_at(self, offset: int) -> tuple[int, bytes, int]:
        head = self.read(2 * WORD, offset)
        if head[:WORD] != MAGIC:
            raise InputError(f"{self.path}: no record begins at byte {offset:,}; it is no RecordIO file, or is damaged")
        word = int.from_bytes(head[WORD:], "little")
        length = word & LONGEST
        content = self.read(length, offset + 2 * WORD)
        return word >> LENGTH_BITS, content, offset + 2 * WORD + padded(length)

    def read(self, count: int, offset: int) -> bytes:
        if offset + count > self.size:
            raise InputError(f"{self.path}: it ends at byte {self.size:,} in the middle of a record")
        return self.content[offset : offset + count].tobytes()


def read_index(path: Path, size: int) -> dict[int, int]:
    """Offsets by key. Raises InputError naming the line that is no "key TAB offset" or points beyond `size`."""
    offsets: dict[int, int] = {}
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(
            f"{path} cannot be read as an index; without it the records are found by reading them"
        ) from None
    for number, line in enumerate(lines, 1):
        try:
            key, offset = map(whole_number, line.split("\t"))
        except ValueError:
            raise InputError(
                f"{path}, line {number}: a key, a tab and an offset are needed, not {line[:40]!r}"
            ) from None
        if not 0 <= offset < size or key in offsets or key < 0:
            raise InputError(
                f"{path}, line {number}: key {key} is there twice, or offset {offset} is beyond the records"
            )
        offsets[key] = offset
    return offsets


def parsed(content: bytes, where: str) -> ImageRecord:
    """Header, labels and image of a record."""
    if len(content) < HEADER.size:
        raise InputError(f"{where} is too short for an image record")
    count, label, key, _ = HEADER.unpack_from(content)
    if count == 0:
        return ImageRecord((label,), key, content[HEADER.size :])
    end = HEADER.size + WORD * count
    if count > MOST_LABELS or len(content) < end:
        raise InputError(f"{where} has {count:,} labels, more than it has room for")
    return ImageRecord(struct.unpack_from(f"<{count}f", content, HEADER.size), key, content[end:])


def as_bytes(record: ImageRecord) -> bytes:
    """What `parsed` reads."""
    if len(record.labels) == 1:
        return HEADER.pack(0, record.labels[0], record.key, 0) + record.image
    labels = struct.pack(f"<{len(record.labels)}f", *record.labels)
    return HEADER.pack(len(record.labels), 0, record.key, 0) + labels + record.image


def write_record(file: BinaryIO, content: bytes) -> int:
    """Appends a record to an open file and returns its offset."""
    offset = file.tell()
    parts = split(content)
    for number, part in enumerate(parts):
        flag = WHOLE if len(parts) == 1 else FIRST if number == 0 else LAST if number == len(parts) - 1 else MIDDLE
        if len(part) > LONGEST:
            raise ValueError(f"a record of {len(part):,} bytes is longer than {LONGEST:,}")
        word = (flag << LENGTH_BITS | len(part)).to_bytes(WORD, "little")
        file.write(MAGIC + word + part + bytes(padded(len(part)) - len(part)))
    return offset


def split(content: bytes) -> list[bytes]:
    """The parts between the magic numbers that stand at a multiple of four."""
    parts, start, place = [], 0, content.find(MAGIC)
    while place >= 0:
        if place % WORD == 0:
            parts.append(content[start:place])
            start = place + WORD
        place = content.find(MAGIC, place + 1)
    return [*parts, content[start:]]


def padded(length: int) -> int:
    return -(-length // WORD) * WORD
