"""Images of 112 x 112 decoded a second, by each reader, on one core and by two workers.

python benchmarks/decoding.py --rec train.rec

simplejpeg and torchvision are measured where they are installed.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

sys.path.insert(0, str(Path(__file__).parent.parent))

from marginalia.faces.batches import Crops
from marginalia.faces.packed import read_packed

BATCH = 64
Decoder = Callable[[bytes], object]


def with_pillow(content: bytes) -> object:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def decoders() -> dict[str, Decoder]:
    """What is installed, by name."""
    found: dict[str, Decoder] = {"Pillow": with_pillow}
    from torchvision.io import ImageReadMode, decode_jpeg

    found["torchvision.io"] = lambda content: decode_jpeg(
        torch.frombuffer(bytearray(content), dtype=torch.uint8), ImageReadMode.RGB
    ).numpy()
    try:
        import simplejpeg

        found["simplejpeg"] = lambda content: simplejpeg.decode_jpeg(content, "RGB")
    except ImportError:
        pass
    return found


class Decoded(Dataset):
    """Images of a file by one decoder alone."""

    def __init__(self, contents: list[bytes], decode: Decoder):
        self.contents, self.decode = contents, decode

    def __len__(self) -> int:
        return len(self.contents)

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.as_tensor(np.array(self.decode(self.contents[index])))


def rate(images: Dataset, order: list[int], workers: int) -> float:
    """Images a second, the start of the workers left out."""
    loader = DataLoader(images, BATCH, sampler=order, num_workers=workers)
    batches = iter(loader)
    next(batches)
    began = time.perf_counter()
    seen = sum(len(batch) for batch in batches)
    return seen / (time.perf_counter() - began)


@click.command()
@click.option("--rec", type=Path, required=True, help="A RecordIO file of crops.")
@click.option("--images", default=12_000, show_default=True)
@click.option("--rounds", default=5, show_default=True)
def main(rec: Path, images: int, rounds: int) -> None:
    """Prints a row a reader: median images a second, least and most, of rounds in which all take turns."""
    torch.set_num_threads(1)
    folder = read_packed(rec)
    order = np.random.default_rng(0).permutation(len(folder))[:images].tolist()
    contents = [folder.path(number).open("rb").read() for number in range(len(folder))]
    reader = Crops(folder, (112, 112))
    reader.keeps = False
    sources: dict[str, Dataset] = {name: Decoded(contents, decode) for name, decode in decoders().items()}
    sources["marginalia, from the .rec to the tensor"] = reader
    rates: dict[tuple[str, int], list[float]] = {(name, workers): [] for name in sources for workers in (0, 2)}
    for _ in range(rounds):
        for name, workers in rates:
            rates[name, workers].append(rate(sources[name], order, workers))
    click.echo("| reader | in one process | by two workers |\n|---|---|---|")
    for name in sources:
        cells = [f"{statistics.median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f})"
                 for found in (rates[name, 0], rates[name, 2])]  # fmt: skip
        click.echo(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
