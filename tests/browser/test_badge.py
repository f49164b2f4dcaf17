"""The badge in the action bar says how the graph on the canvas runs on the card at hand."""

import pytest

EXAMPLE = "flux_dev_text_to_image.json"


@pytest.fixture
def flux(page, root):
    page.load(root / "example_workflows" / EXAMPLE)
    return page


@pytest.mark.parametrize(
    "size, said",
    [(8, "◐ 7.7 / 8 GB · streams · 67 s"), (12, "◐ 11.7 / 12 GB · streams"), (24, "fits")],
    ids=("8 GB", "12 GB", "24 GB"),
)
def test_it_says_in_words_how_the_graph_runs_on_a_card(flux, size, said):
    flux.card.use(size)
    flux.fresh()
    assert said in flux.badge
