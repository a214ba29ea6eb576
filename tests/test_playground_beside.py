"""Two losses or a record side by side in the playground, and what a reader takes along."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from marginalia.viz.playground.recorded import included_runs

from .playground_page import move, number, open_at, rest, wait_for_steps, wait_for_the_worker
from .waiting import wait_until


@pytest.fixture
def page(playground_page):
    return playground_page


def test_two_losses_side_by_side_begin_alike_and_keep_step(page):
    """The same seed gives both the same network and the same digits; the controls change the chosen one alone."""
    page.select_option("#preset", "CosFace_v1")
    page.click("#play")
    page.select_option("#beside", "loss")
    page.select_option("#preset", "ArcFace_v3")
    wait_until(lambda: page.evaluate("() => trainings.states.length") == 2 and number(page, "steps") == 0)
    first = page.evaluate("() => trainings.states.map(({ features, weights }) => [[...features], [...weights]])")
    assert first[0] == first[1]
    page.click("#play")
    wait_for_steps(page, 200)
    move(page, "m2", 0.5)
    address = rest(page)
    assert "_m2_0.5" in address and "b-changes" in address and "b-preset=ArcFace_v3" in address
    states = page.evaluate(
        "() => trainings.states.map(({ steps, spec, weights }) => [steps, spec.m2, spec.m3, [...weights]])"
    )
    assert states[0][0] == states[1][0] and [states[0][1:3], states[1][1:3]] == [[0, 0.1], [0.5, 0]]
    open_at(page, states[0][0], address.partition("#")[2])
    again = page.evaluate(
        "() => trainings.states.map(({ steps, spec, weights }) => [steps, spec.m2, spec.m3, [...weights]])"
    )
    assert again == states
    page.locator("figure button").nth(0).click()
    assert page.input_value("#m3") == "0.1"


def test_pictures_to_take_along(page):
    """The GIF and the PNG are read by Pillow."""
    page.select_option("#beside", "loss")
    wait_for_steps(page, 50)
    with page.expect_download() as png:
        page.click("#png")
    with page.expect_download() as gif:
        page.click("#gif")
    assert gif.value.suggested_filename == "ArcFace_v3-custom.gif"
    with Image.open(png.value.path()) as still, Image.open(gif.value.path()) as film:
        assert still.size == film.size == (880, 526)
        assert film.n_frames == 32
        frames, duration = [], 0
        for number_of_frame in range(film.n_frames):
            film.seek(number_of_frame)
            frames.append(np.asarray(film.convert("RGB"), dtype=float))
            duration += film.info["duration"]
        assert duration == 32 * 120
        assert np.abs(frames[0] - frames[-1]).mean() > 0.5  # it moves
        assert len(np.unique(frames[0].reshape(-1, 3), axis=0)) > 40


def test_the_record_of_a_preset_stands_beside_it(page):
    page.select_option("#beside", "record")
    page.select_option("#preset", "softmax")
    caption = page.locator("figure button").nth(1)
    wait_until(lambda: caption.inner_text().startswith("LeNet++ on all of MNIST, softmax: |w| |x| cos(θ)\nepoch 20, 9"))
    move(page, "epoch", 0)
    wait_until(lambda: "epoch 0, " in caption.inner_text())
    run = next(run for run in included_runs() if run.name == "softmax")
    features = page.evaluate("() => [...records.shown.stateAt(20).features]")
    expected = run.snapshots[20].points("test").features[:500]
    np.testing.assert_allclose(np.reshape(features, (-1, 2)), expected, atol=2e-3 * np.abs(expected).max())
    assert page.evaluate("() => [...records.shown.labels]") == run.snapshots[20].points("test").labels[:500].tolist()


NOTE_WHAT_COPY_SAYS = """() => {
  window.said = [];
  new MutationObserver(() => said.push(elements.copy.textContent)).observe(elements.copy, { childList: true });
}"""


def test_the_address_is_copied(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wait_for_steps(page, 50)
    address = rest(page)
    page.evaluate(NOTE_WHAT_COPY_SAYS)
    page.click("#copy")
    wait_until(lambda: page.evaluate("() => said").count("Copied"))
    assert page.evaluate("() => navigator.clipboard.readText()") == address


def test_a_hidden_page_pauses(page):
    wait_for_steps(page, 50)
    hide = "Object.defineProperty(document, 'hidden', { value: true, configurable: true })"
    page.evaluate(f"() => {{ {hide}; document.dispatchEvent(new Event('visibilitychange')); }}")
    wait_until(lambda: page.evaluate("() => trainings.rests"))
    steps = page.evaluate("() => trainings.states[0].steps")
    wait_for_the_worker(page)
    assert page.evaluate("() => trainings.states[0].steps") == steps
    assert page.inner_text("#play") == "Pause"  # it goes on when it is seen again
    show = "Object.defineProperty(document, 'hidden', { value: false, configurable: true })"
    page.evaluate(f"() => {{ {show}; document.dispatchEvent(new Event('visibilitychange')); }}")
    wait_for_steps(page, steps + 50)


def test_a_record_is_no_training(page):
    """Pointer and keys on its pane do nothing, and the page goes on."""
    page.select_option("#beside", "record")
    wait_until(lambda: "epoch 20" in page.locator("figure button").nth(1).inner_text())
    assert page.locator("figure button").nth(1).is_disabled()
    page.locator("#space-b").click(position={"x": 100, "y": 100})
    page.focus("#space-b")
    for key in ("3", "ArrowLeft", "Enter", "ArrowDown"):
        page.keyboard.press(key)
    x, y = page.evaluate("() => panes[1].space.badges[3].map((part) => part + panes[1].space.side / 2)")
    page.locator("#space-b").click(position={"x": x, "y": y})
    wait_for_steps(page, number(page, "steps") + 100)
    page.locator("#classes input[value='3']").uncheck()
    page.select_option("#beside", "loss")
    wait_until(lambda: page.evaluate("() => panes[1].space.names.length") == 9)
    wait_for_steps(page, 50)


# Answers a question, and resets the training as soon as it has begun.
ANSWER_AND_RESET = """(button) => new Promise((resolve) => {
  button.click();
  const look = () => trainings.states[0]?.steps > 1 ? resolve(elements.reset.click()) : requestAnimationFrame(look);
  look();
})"""


def test_reset_in_a_lesson_still_comes_to_its_answer(page):
    page.select_option("#lessons", "too-much")
    wait_until(lambda: page.inner_text("#steps") == "1")
    page.locator("#answers button").nth(1).evaluate(ANSWER_AND_RESET)
    wait_until(lambda: page.inner_text("#steps") == "3,000" and "That is right" in page.inner_text("#guide-guess"))
    assert page.is_enabled("#next")


def test_an_address_that_is_pasted_trains_to_its_step(page):
    wait_for_steps(page, 50)
    rest(page)
    page.evaluate("() => (location.hash = '#preset=CosFace_v1&step=321')")
    wait_until(lambda: page.inner_text("#steps") == "321" and page.inner_text("#play") == "Play")
    assert page.input_value("#preset") == "CosFace_v1"


def test_what_is_chosen_before_the_digits_are_there_is_kept(new_tab, playground_html):
    tab = new_tab()
    tab.goto(playground_html.as_uri(), wait_until="commit")
    tab.wait_for_function("() => typeof trainings !== 'undefined'")
    tab.fill("#seed", "7")
    wait_for_steps(tab, 20)
    assert tab.input_value("#seed") == "7"
    wait_until(lambda: tab.evaluate("() => address.start.length") > 0)
