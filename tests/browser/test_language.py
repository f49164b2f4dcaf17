"""The pack speaks the language that the user chose for ComfyUI, at once when it is another."""

import json
import re

import pytest

EXAMPLE = "flux_dev_text_to_image.json"
SPEAKS = "language => app.extensionManager.setting.set('Comfy.Locale', language)"
OPEN = "() => [...document.querySelectorAll('.vram-forecast-panel')].filter(one => one.offsetParent).length"
TITLES = (
    "() => [...document.querySelectorAll('[data-section=changes] li strong')].map(one => one.textContent)"
)


@pytest.fixture
def speak(page):
    """A function that chooses a language and waits until the badge has this word."""

    def chosen(language, word):
        page.tab.evaluate(SPEAKS, language)
        page.tab.wait_for_function(
            "word => document.querySelector('.vram-forecast-badge')?.innerText.includes(word)", arg=word
        )

    yield chosen
    page.tab.evaluate(SPEAKS, "en")


def numbers(said):
    return sorted(re.findall(r"\d+(?:\.\d+)?", said))


def test_badge_and_panel_speak_it_with_the_numbers_of_the_english_ones(page, root, speak):
    page.card.use(8)
    page.load(root / "example_workflows" / EXAMPLE)
    english = page.fresh()["because"]
    words = {
        "ru": ("подгружает", "Выполняется"),
        "zh": ("流式加载", "可以运行"),
        "ja": ("ストリーミング", "動きます"),
    }
    for language, (word, start) in words.items():
        speak(language, word)
        if not page.tab.evaluate(OPEN):
            page.tab.click(".vram-forecast-badge")
        page.tab.wait_for_function(
            "start => document.querySelector('.vram-forecast-sentence')?.textContent.startsWith(start)",
            arg=start,
        )
        said = page.tab.inner_text(".vram-forecast-sentence")
        assert numbers(english) == numbers(said)
    page.tab.wait_for_function(f"() => ({TITLES})().length > 0")
    for title in page.tab.evaluate(TITLES):
        assert re.search("[ぁ-ん]", title), title
    texts = json.loads((root / "web/texts/ja.json").read_text(encoding="utf-8"))
    assert texts["panel.steps"] in page.tab.inner_text("[data-section=steps] h3")
