"""How well a recogniser tells templates apart: several images of a person judged as one, as in IJB-B and IJB-C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from marginalia.cli.face_inputs import MODELS, recogniser
from marginalia.config.places import outputs_path
from marginalia.config.run_config import DEVICES
from marginalia.core.errors import InputError, StoppedError

if TYPE_CHECKING:
    from marginalia.faces.templates import Lists


@click.command()
@click.option("--data", type=Path, required=True, help="Folder of the images.")
@click.option("--media", type=Path, required=True, help="Lines 'image template medium'.")
@click.option("--pairs", type=Path, help="Lines 'template template 1 or 0': verification.")
@click.option("--gallery", "galleries", type=Path, multiple=True,
              help="CSV with TEMPLATE_ID,SUBJECT_ID, with --probes: identification. May be repeated.")  # fmt: skip
@click.option("--probes", type=Path, help="CSV with TEMPLATE_ID,SUBJECT_ID of those who are looked for.")
@click.option("--qualities", type=Path, help="Lines 'image quality', or with the ten numbers of landmarks between.")
@click.option("--model", required=True, help=MODELS)
@click.option(
    "--out", type=Path, default=lambda: outputs_path() / "faces" / "evaluation", show_default="outputs/faces/evaluation"
)
@click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True)
def templates(
    data: Path, media: Path, pairs: Path | None, galleries: tuple[Path, ...], probes: Path | None,
    qualities: Path | None, model: str, out: Path, device: str,
) -> None:  # fmt: skip
    """Verify pairs of templates, and look for templates in galleries, as in IJB-B and IJB-C."""
    from marginalia.faces.templates import read_lists

    if bool(galleries) != bool(probes) or not (pairs or galleries):
        raise InputError("--pairs is needed, or --gallery and --probes together, or all of them: what is tested?")
    lists = read_lists(media, pairs, galleries, probes, qualities)
    try:
        on_templates(data, lists, model, device, out, media.stem)
    except KeyboardInterrupt:
        raise StoppedError(f"stopped; {out / 'features'} has what was computed; the same command goes on") from None


def on_templates(data: Path, lists: Lists, model: str, device: str, out: Path, name: str) -> None:
    """All figures, as text, JSON and a picture; `name` becomes part of their files' names."""
    from marginalia.core.files import write_whole
    from marginalia.faces.identification import as_line
    from marginalia.faces.roc_plot import RocSheet
    from marginalia.faces.template_evaluation import evaluate_templates, template_features, write_template_figures
    from marginalia.training.roc import tar_line
    from marginalia.viz.style import Style

    embedder = recogniser(model, device)
    features = template_features(embedder, data, lists.media, lists.qualities, out / "features")
    figures = evaluate_templates(features, lists)
    click.echo(f"{figures.images:,} images in {figures.templates:,} templates")
    place = f"{embedder.name}_{name}"
    written = [out / f"{place}.json"]
    write_template_figures(written[0], figures)
    if figures.curve is not None:
        click.echo(tar_line(figures.curve))
        written.append(out / f"{place}_roc.png")
        write_whole(written[1], RocSheet({embedder.name: figures.curve}, Style()).png())
    for gallery, found in figures.galleries.items():
        click.echo(f"{gallery}: {as_line(found)}")
    click.echo(", ".join(map(str, written)))
