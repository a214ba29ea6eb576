"""Captions in another language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from matplotlib.text import Text

from marginalia.core.errors import InputError
from marginalia.viz import labels
from marginalia.viz.compare import Compare
from marginalia.viz.frames import SquareFrame
from marginalia.viz.slide import Slide
from marginalia.viz.style import Style
from marginalia.viz.words import CAPTIONS, ENGLISH, read_words

from .made_up import made_up_run

EXAMPLES = Path(__file__).parents[1] / "docs" / "labels"
ENGLISH_WORDS = re.compile(r"\b(epoch|accuracy|wrong|hatched|lobes|own|others|mean|margin|angle|directions|images)\b")


@pytest.mark.parametrize("language", ["de", "zh"])
def test_the_examples_translate_every_caption(language, monkeypatch):
    monkeypatch.setattr(labels, "_without_font", set())  # where no font has Chinese, other tests need not hear of it
    assert set(json.loads((EXAMPLES / f"{language}.json").read_text(encoding="utf-8"))) == set(CAPTIONS)
    read_words(EXAMPLES / f"{language}.json")


def test_nothing_english_is_left_in_a_german_frame(config_file):
    style = Style(words=read_words(EXAMPLES / "de.json"))
    run, other = made_up_run(config_file), made_up_run(config_file, "softmax", seed=1)
    for sheet in (SquareFrame(run, "test", style), Slide(run, "train", style), Compare([run, other], "test", style)):
        sheet.image(1)
        texts = [text for text in sheet.figure.findobj(Text) if text.get_visible()]
        said = [text.get_text() for text in texts]
        assert any("Epoche" in text for text in said)
        assert not [text for text in said if ENGLISH_WORDS.search(text)]


def test_what_a_file_leaves_out_stays_english(tmp_path):
    (tmp_path / "some.json").write_text('{"epoch {}": "Runde {}"}')
    words = read_words(tmp_path / "some.json")
    assert (words("epoch {}", 3), words("mirrored")) == ("Runde 3", "mirrored")
    with pytest.raises(KeyError):
        ENGLISH("what no caption says")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[]", "must be a JSON object"),
        ('{"epoch {}": 3}', "must be a JSON object"),
        ("{", "is not JSON"),
        ('{"epohc {}": "Epoche {}"}', r"did you mean epoch \{\}"),
        ('{"epoch {}": "Epoche"}', r"needs 1 \{\}"),
        ('{"epoch {}": "{} {0}"}', r"needs 1 \{\}"),
        ('{"epoch {}": "{} {"}', r"needs 1 \{\}"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, content, reason):
    (tmp_path / "odd.json").write_text(content)
    with pytest.raises(InputError, match=reason):
        read_words(tmp_path / "odd.json")


def test_signs_without_a_font_become_boxes_and_are_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(labels, "other_font", lambda sign: None if sign == "轮" else "")
    monkeypatch.setattr(labels, "_without_font", set())
    (tmp_path / "zh.json").write_text('{"epoch {}": "{} 轮"}', encoding="utf-8")
    assert read_words(tmp_path / "zh.json")("epoch {}", 2) == "2 □"
    assert "CJK signs 轮" in labels.without_font()


def test_dollars_stand_for_themselves_and_a_byte_order_mark_is_read(config_file, tmp_path):
    (tmp_path / "odd.json").write_text('{"epoch {}": "$x_$ {}"}', encoding="utf-8-sig")
    page = SquareFrame(made_up_run(config_file), "test", Style(words=read_words(tmp_path / "odd.json")))
    page.image(1)
    assert page.epoch.get_text() == r"\$x_\$ 1"
