"""docs/cards.md: the same workflows on five cards with three sizes of RAM, and what is said of them there."""

import importlib.util

import pytest


@pytest.fixture(scope="module")
def cards(root):
    """The benchmark as a module, with every forecast by workflow, RAM and card."""
    spec = importlib.util.spec_from_file_location("cards", root / "benchmarks" / "cards.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = {
        (title, ram, card): module.forecast(template, gpu, ram)
        for title, template in module.WORKFLOWS.items()
        for ram in module.RAM
        for card, gpu in module.CARDS.items()
    }
    return module, found


def test_the_page_of_cards_says_what_is_so(cards, root):
    module, _ = cards
    assert module.page() + "\n" == (root / "docs" / "cards.md").read_text(encoding="utf-8")


def test_nothing_runs_out_of_memory(cards):
    assert {one.verdict for one in cards[1].values()} <= {"resident", "streamed", "disk"}


def test_streaming_from_enough_ram_costs_next_to_nothing(cards):
    slowest = max(one.slowdown.best for (_, ram, _), one in cards[1].items() if ram > 16)
    assert slowest < 1.1


def test_too_little_ram_costs_most(cards):
    flux, small = "FLUX.1 dev", "RTX 4060, 8 GB"
    assert 1.7 < cards[1][flux, 16, small].slowdown.best < 2.5
    assert "disk" not in {one.verdict for (_, ram, _), one in cards[1].items() if ram > 16}


def test_twice_the_ram_changes_nothing(cards):
    for (title, ram, card), one in cards[1].items():
        if ram == 64:
            assert one.verdict == cards[1][title, 32, card].verdict
            assert one.seconds.best > 0.8 * cards[1][title, 32, card].seconds.best
