"""Templates: the lists of IJB-B and IJB-C, how images become one feature, and figures known by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.faces.align import AlignedImage, standard_points
from marginalia.faces.identification import as_line, identify
from marginalia.faces.protocol import cosine
from marginalia.faces.template_evaluation import evaluate_templates, pooled, template_features
from marginalia.faces.templates import Media, read_lists, read_media, read_qualities, read_subjects, read_template_pairs


def written(folder: Path, name: str, *lines: str) -> Path:
    (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return folder / name


def test_a_video_counts_as_often_as_a_photograph():
    """Template 7: a photograph (3, 0), and three frames of a video whose mean is (0, 4). Template 2: one image."""
    media = Media(tuple("abcde"), np.array([7, 7, 2, 7, 7]), np.array([1, 9, 9, 9, 9]))
    features = np.array([[3, 0], [0, 0], [5, 12], [0, 4], [0, 8]], dtype=np.float32)
    found = pooled(features, media)
    assert found.numbers.tolist() == [2, 7]
    np.testing.assert_allclose(found.features, [[5 / 13, 12 / 13], [0.6, 0.8]], rtol=1e-6)
    np.testing.assert_array_equal(found.of(np.array([7, 2, 7])), found.features[[1, 0, 1]])


ANN, BOB, EVE = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)


def test_ranks_by_hand():
    """Ann's probe is nearest to Ann, Bob's second one is nearer to Ann; nobody in the gallery is subject 3."""
    probes = np.array([(0.8, 0.6), (0.6, 0.8), (0.8, 0.6), (0.0, -1.0)])
    found = identify(np.array([ANN, BOB, EVE]), np.array([1, 2, 4]), probes, np.array([1, 2, 2, 3]))
    assert (found.people, found.mated, found.non_mated) == (3, 3, 1)
    assert found.rates == {1: 2 / 3, 5: 1.0}
    assert found.tpir == {0.1: None, 0.01: None, 0.001: None}
    assert as_line(found) == (
        "3 people; 3 probes of them: rank 1 0.6667, rank 5 1.0000; "
        "TPIR, from 1 probes of others: - at FPIR 0.1, - at FPIR 0.01, - at FPIR 0.001"
    )


def test_a_tie_counts_against_the_right_one():
    found = identify(np.array([ANN, ANN]), np.array([1, 2]), np.array([ANN, ANN]), np.array([1, 2]))
    assert found.rates == {1: 0.0, 5: 1.0}


def test_the_best_of_a_persons_templates_counts():
    found = identify(np.array([ANN, EVE, BOB]), np.array([1, 1, 2]), np.array([EVE]), np.array([1]))
    assert (found.people, found.rates[1]) == (2, 1.0)


def test_equal_features_tie_in_any_gallery():
    """Products of float32 differ in their last digits from column to column."""
    random = np.random.default_rng(0)
    for _ in range(50):
        gallery = random.normal(size=(40, 64)).astype(np.float32)
        gallery /= np.linalg.norm(gallery, axis=1, keepdims=True)
        gallery[random.integers(1, 40)] = gallery[0]
        assert identify(gallery, np.arange(40), gallery[:1], np.array([0])).rates[1] == 0.0


def test_nobody_in_the_gallery_gives_no_rate():
    found = identify(np.array([ANN]), np.array([1]), np.array([BOB]), np.array([2]))
    assert found.rates == {1: None, 5: None}


def test_tpir_by_hand(monkeypatch):
    """A hundred strangers score 0.00 to 0.99 against Ann: at FPIR 0.1 a probe must be above 0.89."""
    monkeypatch.setattr("marginalia.faces.identification.PROBES_AT_ONCE", 7)
    own = np.array([0.891, 0.89, 0.5, 0.95])
    cosines = np.concatenate((own, np.arange(100) / 100))
    probes = np.column_stack((cosines, np.sqrt(1 - cosines**2)))
    subjects = np.concatenate((np.ones(4), np.full(100, 2))).astype(np.int64)
    found = identify(np.array([ANN]), np.array([1]), probes, subjects)
    assert found.tpir == {0.1: 0.5, 0.01: None, 0.001: None}


def test_identification_against_plain_loops():
    random = np.random.default_rng(0)
    gallery, probes = (random.normal(size=(count, 3)) for count in (40, 500))
    of_gallery, of_probes = random.integers(0, 25, 40), random.integers(0, 50, 500)
    found = identify(gallery, of_gallery, probes, of_probes)
    own, ranks, alarms = [], [], []
    for probe, subject in zip(probes, of_probes, strict=True):
        best = {who: max(probe @ row for row, of in zip(gallery, of_gallery, strict=True) if of == who)
                for who in set(of_gallery)}  # fmt: skip
        if subject in best:
            own.append(best[subject])
            ranks.append(sorted(best, key=best.get, reverse=True).index(subject) + 1)
        else:
            alarms.append(max(best.values()))
    assert (found.mated, found.non_mated) == (len(own), len(alarms))
    assert found.rates == {rank: np.mean(np.array(ranks) <= rank) for rank in (1, 5)}
    above = max(t for t in [*alarms, *own] if np.mean(np.array(alarms) >= t) > 0.1)
    assert found.tpir[0.1] == np.mean([score > above and rank == 1 for score, rank in zip(own, ranks, strict=True)])


class Grey:
    """A recogniser whose feature is (red, green) of the first pixel."""

    name, mark, seen, similarity, crops = "grey", b"grey", frozenset(), staticmethod(cosine), "112x96"

    def embed(self, paths, reading, flipped):
        seen = []
        for path in paths:
            with path.open("rb") as file:
                seen.append(np.asarray(Image.open(file).convert("RGB"))[56, 48, :2])
        return np.array(seen, dtype=np.float32)


@pytest.fixture
def world(tmp_path):
    """Two people of two templates each: Ann is red, Bob is green. b.png is a bad image of Ann."""
    for name, colour in {"a": (200, 0), "b": (0, 255), "c": (200, 20), "d": (0, 200), "e": (20, 200)}.items():
        Image.new("RGB", (96, 112), (*colour, 0)).save(tmp_path / f"{name}.png")
    media = written(tmp_path, "media.txt", "a.png 1 1", "b.png 1 2", "c.png 2 3", "d.png 3 4", "e.png 4 5")
    pairs = written(tmp_path, "pairs.txt", "1 2 1", "3 4 1", "1 3 0", "2 4 0")
    gallery = written(tmp_path, "gallery.csv", "TEMPLATE_ID,SUBJECT_ID,FILENAME", "1,10,a.png", "3,20,d.png")
    probes = written(tmp_path, "probes.csv", "SUBJECT_ID, TEMPLATE_ID", "10,2", "20,4")
    return tmp_path, media, pairs, gallery, probes


@pytest.mark.parametrize(("weight", "auc"), [(1, 0.75), (0, 1.0)])
def test_qualities_weigh(world, weight, auc):
    """With the bad image, Ann's template is nearer to Bob than to herself."""
    folder, media, pairs, gallery, probes = world
    qualities = written(folder, "q.txt", "a.png 1", f"b.png {weight}", "c.png 1", "d.png 0.5", "e.png 2")
    lists = read_lists(media, pairs, [gallery], probes, qualities)
    templates = template_features(Grey(), folder, lists.media, lists.qualities, folder / "cache")
    figures = evaluate_templates(templates, lists)
    assert figures.curve.auc == auc
    assert figures.galleries[str(gallery)].rates[1] == 1.0
    assert (figures.images, figures.templates) == (5, 4)


def test_images_are_aligned_by_the_landmarks_of_the_qualities(world):
    """The landmarks lie twenty pixels to the right of where they stand in a crop: the crop shows what is there."""
    folder = world[0]
    picture = np.zeros((150, 150, 3), dtype=np.uint8)
    picture[56, 68] = (255, 100, 0)
    Image.fromarray(picture).save(folder / "a.png")
    points = " ".join(f"{value:.6f}" for value in np.add(standard_points("112x96"), (20, 0)).ravel())
    lines = [f"{name}.png {points} 0.9" for name in "abcde"]
    qualities = read_qualities(written(folder, "q.txt", *lines))
    bad = Media(("a.png",), np.array([1]), np.array([1]))
    found = template_features(Grey(), folder, bad, qualities, folder / "cache")
    expected = np.array([255, 100]) / np.hypot(255, 100)
    np.testing.assert_allclose(found.features[0], expected, atol=0.01)
    a = AlignedImage(folder / "a.png", qualities["a.png"].landmarks, "112x96", None)
    assert a.key != AlignedImage(folder / "a.png", qualities["a.png"].landmarks + 1, "112x96", None).key


def test_the_command(run, train_faces, noise_album, tmp_path):
    assert train_faces("--validation", 0)[0] == 0
    numbers = [(f"p{person}/{image}.png", 2 * person + image // 2, image) for person in range(4) for image in range(4)]
    media = written(tmp_path, "media.txt", *(" ".join(map(str, row)) for row in numbers))
    both = [(a, b, int(a // 2 == b // 2)) for a in range(8) for b in range(a)]
    pairs = written(tmp_path, "pairs.txt", *(f"{a} {b} {same}" for a, b, same in both))
    gallery = written(tmp_path, "gallery.csv", "TEMPLATE_ID,SUBJECT_ID", *(f"{2 * n},{n}" for n in range(3)))
    probes = written(tmp_path, "probes.csv", "TEMPLATE_ID,SUBJECT_ID", *(f"{2 * n + 1},{n}" for n in range(4)))
    lists = ("--media", media, "--pairs", pairs, "--gallery", gallery, "--probes", probes)
    code, said, err = run("faces", "templates", "--data", noise_album, *lists, "--model", tmp_path / "out",
                          "--out", tmp_path / "figures", "--device", "cpu")  # fmt: skip
    assert (code, err) == (0, "")
    assert "16 images in 8 templates\nTAR, from 24 pairs of different people: - at FAR 0.1 and below" in said
    assert "gallery.csv: 3 people; 3 probes of them: rank 1" in said
    figures = json.loads((tmp_path / "figures" / "out_media.json").read_text())
    assert figures["tar"]["0.1"] is None and figures["galleries"][str(gallery)]["people"] == 3
    assert (tmp_path / "figures" / "out_media_roc.png").stat().st_size > 5000


BAD = {
    "no number": (read_media, "a.png one 2", "line 1: an image and the numbers"),
    "one number": (read_media, "a.png 1 1\nb.png 1", "line 2: an image and the numbers"),
    "huge number": (read_media, f"a.png 1 {10**30}", "line 1: an image and the numbers"),
    "nothing": (read_media, "\n", "names no images"),
    "outside": (read_media, "../a.png 1 1", "line 1: ../a.png does not lie in the folder"),
    "absolute": (read_media, "/etc/passwd 1 1", "does not lie in the folder"),
    "twice": (read_media, "a.png 1 1\na.png 1 2", "line 2: template 1 has a.png in line 1"),
    "two columns": (read_template_pairs, "1 2", "two numbers of templates"),
    "ragged": (read_template_pairs, "1 2 1\n1 2", "two numbers of templates"),
    "no answer": (read_template_pairs, "1 2 7", "two numbers of templates"),
    "words": (read_template_pairs, "Ann Bob 1", "two numbers of templates"),
    "empty pairs": (read_template_pairs, "", "two numbers of templates"),
    "one kind": (read_template_pairs, "1 2 1\n3 4 1", "pairs of the same and of different"),
    "no heading": (read_subjects, "1,2\n3,4", "its first line must name"),
    "word": (read_subjects, "TEMPLATE_ID,SUBJECT_ID\n1,Ann", "line 2: TEMPLATE_ID and SUBJECT_ID must be"),
    "short line": (read_subjects, "TEMPLATE_ID,SUBJECT_ID\n1,1\n2", "line 3: TEMPLATE_ID"),
    "two subjects": (read_subjects, "TEMPLATE_ID,SUBJECT_ID\n1,1\n1,2", "line 3: template 1 is of subject 1"),
    "empty gallery": (read_subjects, "TEMPLATE_ID,SUBJECT_ID\n", "names no templates"),
    "too good": (read_qualities, "a.png 1e39", "a number from 0 to a million"),
    "negative": (read_qualities, "a.png -1", "line 1: an image and its quality"),
    "not finite": (read_qualities, "a.png nan", "line 1: an image and its quality"),
    "few landmarks": (read_qualities, "a.png 1 2 3 0.5", "line 1: an image and its quality"),
    "image twice": (read_qualities, "a.png 1\na.png 2", "line 2: a.png is there twice"),
    "mixed": (read_qualities, f"a.png 1\nb.png {'1 ' * 11}", "line 2: some lines have landmarks"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.filterwarnings("error")
def test_bad_lists_are_refused(tmp_path, name):
    reader, text, said = BAD[name]
    with pytest.raises(InputError, match=said) as refused:
        reader(written(tmp_path, "list.txt", text))
    assert "list.txt" in str(refused.value) and "\n" not in str(refused.value)


def test_lists_must_fit_each_other(world):
    folder, media, pairs, gallery, probes = world
    for name, text, said in (
        ("pairs.txt", "1 2 1\n1 99 0", "1 templates have no images in --media (99)"),
        ("gallery.csv", "TEMPLATE_ID,SUBJECT_ID\n5,1", "1 templates have no images"),
        (
            "q.txt",
            "\n".join(f"{n}.png {w}" for n, w in zip("abcde", (0, 1e-46, 1, 1, 1), strict=True)),
            "1 templates have no image of a quality above 0 (1)",
        ),
        ("q.txt", "a.png 1", "lacks 4 of the images (b.png, c.png, d.png, …)"),
    ):
        changed = {"pairs.txt": pairs, "gallery.csv": gallery, "q.txt": None} | {
            name: written(folder, f"x{name}", text)
        }
        with pytest.raises(InputError) as refused:
            read_lists(media, changed["pairs.txt"], [changed["gallery.csv"]], probes, changed["q.txt"])
        assert said in str(refused.value)
