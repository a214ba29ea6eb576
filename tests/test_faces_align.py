"""Landmarks and crops: the transform against known ones, tables that go on, and the detector on a genuine face."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.data.images import read_pixels
from marginalia.faces.align import align_folder, crop, similarity_transform, standard_points
from marginalia.faces.folder import read_folder
from marginalia.faces.landmarks import find_landmarks, most_central, read_landmarks, write_landmarks

POINTS = np.array([[100.0, 110.0], [150.0, 112.0], [126.0, 140.0], [105.0, 160.0], [148.0, 161.0]])


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ matrix[:, :2].T + matrix[:, 2]


def test_a_known_transform_is_found():
    angle, scale, shift = 0.4, 1.7, (12.0, -5.0)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = similarity_transform(POINTS, POINTS @ turn.T + shift)
    np.testing.assert_allclose(matrix, np.column_stack((turn, shift)), atol=1e-10)


def test_the_fit_is_the_least_squares_one_and_never_a_reflection():
    """The normal equations of x' = a x - b y + c, y' = b x + a y + d, solved by NumPy."""
    target = standard_points("112x96")
    for source in (POINTS, POINTS * (-1, 1)):
        rows, wanted = [], []
        for (x, y), (u, v) in zip(source, target, strict=True):
            rows += [[x, -y, 1, 0], [y, x, 0, 1]]
            wanted += [u, v]
        a, b, c, d = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)[0]
        matrix = similarity_transform(source, target)
        np.testing.assert_allclose(matrix, [[a, -b, c], [b, a, d]], atol=1e-9)
        assert np.linalg.det(matrix[:, :2]) > 0


def test_landmarks_in_one_place_are_refused():
    with pytest.raises(ValueError, match="one place"):
        similarity_transform(np.ones((5, 2)), POINTS)


@pytest.mark.parametrize(("size", "shape", "shift"), [("112x96", (112, 96, 3), 0), ("112x112", (112, 112, 3), 8)])
def test_what_stood_at_a_landmark_stands_at_its_standard_place(size, shape, shift):
    """Landmarks that are an exact similarity of the standard points; a soft blob at each of them."""
    angle, scale = 0.3, 1.6
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landmarks = (standard_points("112x96") - (48, 71)) @ turn.T + (125, 130)
    y, x = np.mgrid[:250, :250]
    for number, point in enumerate(landmarks):
        blob = 255 * np.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / 18)
        aligned = crop(np.repeat(blob.astype(np.uint8)[..., None], 3, axis=2), landmarks, size)
        assert aligned.shape == shape
        weight = aligned[..., 0].astype(float)
        rows, columns = np.mgrid[: shape[0], : shape[1]]
        centre = np.array(((weight * columns).sum(), (weight * rows).sum())) / weight.sum()
        np.testing.assert_allclose(centre, standard_points("112x96")[number] + (shift, 0), atol=0.05)


def test_the_most_central_face_is_taken():
    boxes = np.array([[0, 0, 200, 200], [110, 100, 150, 140], [200, 200, 250, 250]])
    assert most_central(boxes, 250, 250) == 1


@pytest.fixture
def three_images(tmp_path):
    random = np.random.default_rng(0)
    for name in ("Ann/1.png", "Ann/2.png", "Bob/1.jpg"):
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (250, 250, 3), dtype=np.uint8)).save(path)
    return read_folder(tmp_path / "faces")


def test_landmarks_go_on_and_a_failure_is_listed_and_not_fatal(three_images, tmp_path):
    out = tmp_path / "landmarks.csv"
    (three_images.root / "Ann" / "2.png").write_bytes(b"no image")
    asked = []

    def stops_after_one(pixels):
        asked.append(pixels.shape)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return POINTS

    with pytest.raises(KeyboardInterrupt):
        find_landmarks(three_images, stops_after_one, out)
    assert list(read_landmarks(out)) == ["Ann/1.png"]
    asked.clear()
    found, unreadable = find_landmarks(three_images, lambda pixels: asked.append(pixels.shape), out)
    assert asked == [(250, 250, 3)]
    np.testing.assert_allclose(found["Ann/1.png"], POINTS)
    assert list(found) == ["Ann/1.png", "Bob/1.jpg"]
    assert found["Bob/1.jpg"] is None
    assert ["2.png cannot be read" in reason for reason in unreadable] == [True]
    Image.new("RGB", (60, 60)).save(three_images.root / "Ann" / "2.png")
    find_landmarks(three_images, lambda pixels: 2 * POINTS, out)
    assert {image: None if points is None else points.tolist() for image, points in read_landmarks(out).items()} == {
        "Ann/1.png": POINTS.tolist(), "Bob/1.jpg": None, "Ann/2.png": (2 * POINTS).tolist(),
    }  # fmt: skip


def test_crops_keep_their_names_and_missing_landmarks_are_counted(three_images, tmp_path):
    out = tmp_path / "crops"
    landmarks = {"Ann/1.png": POINTS, "Ann/2.png": None, "Bob/1.jpg": POINTS}
    with pytest.raises(InputError, match=r"1 of 3 images have no landmarks \(Ann/2.png\)"):
        align_folder(three_images, landmarks, out, "112x96", skip_missing=False)
    assert align_folder(three_images, landmarks, out, "112x96", skip_missing=True) == ["Ann/2.png"]
    crops = read_folder(out)
    assert crops.images == ("Ann/1.png", "Bob/1.jpg")
    with Image.open(crops.paths()[0]) as image:
        assert image.size == (96, 112)
    with pytest.raises(InputError, match="none of its images"):
        align_folder(three_images, {"Zoe/1.png": POINTS}, out, "112x96", skip_missing=True)
    with pytest.raises(InputError, match="themselves"):
        align_folder(three_images, landmarks, three_images.root, "112x96", skip_missing=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image\n", "first line must be"),
        ("HEADER\nAnn/1.png,1,2\n", "line 2: an image and ten numbers"),
        ("HEADER\nAnn/1.png,1,2,3,4,5,6,7,8,9,nan\n", "line 2"),
        ("HEADER\nAnn/1.png,1,2,3,4,5,6,7,8,9,\n", "line 2"),
    ],
)
def test_bad_tables_name_their_line(tmp_path, text, message):
    path = tmp_path / "landmarks.csv"
    write_landmarks(path, {})
    header = path.read_text().strip()
    path.write_text(text.replace("HEADER", header))
    with pytest.raises(InputError, match=message):
        read_landmarks(path)


def test_the_commands(run, three_images, tmp_path):
    table = tmp_path / "landmarks.csv"
    write_landmarks(table, {"Ann/1.png": POINTS, "Ann/2.png": POINTS})
    answer = run("faces", "align", three_images.root, "--landmarks", table, "--out", tmp_path / "crops")
    assert answer[0] == 2
    assert "Bob/1.jpg" in answer[2]
    code, out, _ = run(
        "faces", "align", three_images.root, "--landmarks", table, "--out", tmp_path / "c", "--skip-missing"
    )
    left_out = tmp_path / "c.left-out.txt"
    assert code == 0
    told = f"left out, without landmarks, 1 images: Bob/1.jpg; all are in {left_out}"
    assert out == f"{told}\n2 crops of 112x96 -> {tmp_path / 'c'}\n"
    assert left_out.read_text() == "Bob/1.jpg\n"
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder, message in ((empty, "no images in it"), (tmp_path / "none", "no such folder")):
        code, _, err = run("faces", "landmarks", folder)
        assert (code, err.count("\n")) == (2, 1)
        assert message in err


def test_threads_find_what_one_does_and_unreadable_images_end_in_exit_code_1(run, three_images, tmp_path, monkeypatch):
    """Landmarks that tell the images apart; later images are ready first."""

    def detect(pixels):
        time.sleep(0.02 if pixels.shape[0] == 250 else 0)
        return None if pixels.shape[0] == 250 else POINTS + pixels.shape[1]

    (three_images.root / "Ann" / "3.png").write_bytes(b"no image")
    for number in range(20, 60):
        Image.new("L", (number, 20)).save(three_images.root / "Bob" / f"{number}.png")
    monkeypatch.setattr("marginalia.faces.mtcnn.mtcnn", lambda: detect)
    for workers in (1, 5):
        table = tmp_path / f"{workers}.csv"
        code, said, err = run("faces", "landmarks", three_images.root, "--out", table, "--workers", workers)
        assert code == 1
        assert err.endswith("1 images cannot be read; mend them, and the same command goes on\n")
        assert err.count("cannot be read as an image") == 1 and "Traceback" not in err
        missed = tmp_path / f"{workers}.no-face.txt"
        assert said.startswith(f"no face is found in 3 images: Ann/1.png, Ann/2.png, Bob/1.jpg; all are in {missed}\n")
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "5.csv").read_bytes()
    assert read_landmarks(tmp_path / "5.csv")["Bob/33.png"][0, 0] == 133


def test_mtcnn_finds_no_face_in_noise_and_bears_tiny_images(three_images):
    pytest.importorskip("facenet_pytorch")
    from marginalia.faces.mtcnn import mtcnn

    detect = mtcnn()
    assert detect(read_pixels(three_images.paths()[0], "RGB")) is None
    assert detect(np.zeros((12, 12, 3), dtype=np.uint8)) is None


def test_a_full_disk_names_the_crop_and_leaves_no_half_of_it(run, three_images, tmp_path, monkeypatch):
    table = tmp_path / "landmarks.csv"
    write_landmarks(table, dict.fromkeys(three_images.images, POINTS))
    write = Path.write_bytes

    def full(path, content):
        if path.name == "2.png":
            write(path, content[:9])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    out = tmp_path / "crops"
    code, _, err = run("faces", "align", three_images.root, "--landmarks", table, "--out", out)
    assert (code, err) == (2, f"error: {out / 'Ann' / '2.png'}: No space left on device\n")
    assert [str(path.relative_to(out)) for path in out.rglob("*.*")] == ["Ann/1.png"]


def test_crops_of_formats_that_cannot_be_written_become_png(three_images, tmp_path, monkeypatch):
    monkeypatch.delitem(Image.SAVE, "JPEG")
    align_folder(three_images, dict.fromkeys(three_images.images, POINTS), tmp_path / "crops", "112x96", False)
    assert read_folder(tmp_path / "crops").images == ("Ann/1.png", "Ann/2.png", "Bob/1.png")


def test_crops_of_unusual_formats_become_png_and_overwrite_nothing(three_images, tmp_path):
    for name in ("Ann/1.ico", "Ann/3.tga", "Ann/4.tga", "Ann/4.xbm", "Bob/2.xbm"):
        Image.new("1", (60, 60)).convert("RGBA" if name.endswith("ico") else "1").save(three_images.root / name)
    folder = read_folder(three_images.root)
    align_folder(folder, dict.fromkeys(folder.images, POINTS), tmp_path / "crops", "112x96", False)
    crops = read_folder(tmp_path / "crops")
    assert crops.images == (
        "Ann/1.ico.png", "Ann/1.png", "Ann/2.png", "Ann/3.png", "Ann/4.tga.png", "Ann/4.xbm.png", "Bob/1.jpg",
        "Bob/2.png",
    )  # fmt: skip
    assert {read_pixels(path, "L").shape for path in crops.paths()} == {(112, 96)}


def test_transparent_and_turned_faces_are_found_as_they_are_seen(three_images, tmp_path):
    """What the detector is given: a dark square on nothing, and a photo that the camera turned."""
    ink = Image.new("RGBA", (40, 30))
    ink.paste((0, 0, 0, 255), (0, 0, 10, 10))
    ink.save(three_images.root / "Ann" / "1.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("L", (40, 30), 9).save(three_images.root / "Ann" / "2.png", exif=turned)
    given = []
    folder = read_folder(three_images.root)
    find_landmarks(folder, lambda pixels: given.append(pixels), tmp_path / "landmarks.csv")
    assert folder.notes == ("1 transparent image(s), laid on white",)
    assert [pixels.shape[:2] for pixels in given] == [(30, 40), (40, 30), (250, 250)]
    assert (given[0][:10, :10].max(), given[0][10:].min()) == (0, 255)


@pytest.mark.usefixtures("any_bytes")
def test_names_of_people_that_are_not_utf8_are_kept(run, three_images, tmp_path, monkeypatch):
    """Found, written, read again and cropped, under the names they have on the disk."""
    monkeypatch.setattr("marginalia.faces.mtcnn.mtcnn", lambda: lambda pixels: POINTS)
    people = os.fsencode(three_images.root)
    (three_images.root / "Ann").rename(os.fsdecode(people + b"/caf\xe9"))
    table = tmp_path / "landmarks.csv"
    assert run("faces", "landmarks", three_images.root, "--out", table)[0] == 0
    assert b"\ncaf\xe9/1.png," in table.read_bytes()
    code, _, err = run("faces", "align", three_images.root, "--landmarks", table, "--out", tmp_path / "crops")
    assert (code, err) == (0, "")
    assert os.path.exists(os.fsencode(tmp_path / "crops") + b"/caf\xe9/2.png")  # noqa: PTH110
