"""The colours of web/style.css stand out from what lies behind them, in light themes and in dark ones."""

import re

import pytest

# Behind the panel, the dialog and nodes, in the palettes that the frontend ships.
LIGHT = ("#ffffff", "#f9f9f9", "#f5f5f5")
DARK = ("#171718", "#13171d", "#161b22", "#202020", "#242730", "#073642")
VERDICTS = ("resident", "streamed", "disk", "spill", "oom", "unknown")
SHAPES = ("others", "workspace", "activations", "in-ram", *(f"hue-{number}" for number in range(6)))


@pytest.fixture(scope="module")
def colours(root):
    """The colours by theme."""
    style = (root / "web" / "style.css").read_text(encoding="utf-8")
    found = {}
    for theme, head in (("light", ":root"), ("dark", ".dark-theme")):
        body = re.search(rf"^{re.escape(head)} \{{(.*?)^\}}", style, re.MULTILINE | re.DOTALL)[1]
        found[theme] = dict(re.findall(r"--vram-forecast-([\w-]+): (#[0-9a-f]{6});", body))
    return found


def luminance(colour):
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, two):
    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme", "grounds"), [("light", LIGHT), ("dark", DARK)])
@pytest.mark.parametrize(("names", "least"), [(VERDICTS, 4.5), (SHAPES, 3)], ids=["verdicts", "shapes"])
def test_each_colour_stands_out(colours, theme, grounds, names, least):
    assert set(names) <= set(colours[theme])
    low = {name: min(contrast(colours[theme][name], ground) for ground in grounds) for name in names}
    assert {} == {name: round(found, 2) for name, found in low.items() if found < least}


def test_black_on_white_is_the_most_there_is():
    assert 21 == pytest.approx(contrast("#000000", "#ffffff"))
