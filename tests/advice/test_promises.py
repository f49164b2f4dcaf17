"""Suggestions keep their promises: made in the saved workflow, read from nothing, and forecast again."""

import importlib.util
import sys

import pytest

CARDS = ("rtx-4060", "rtx-3060-12gb", "rtx-5060-ti-16gb", "rtx-4090")


@pytest.fixture(scope="module")
def benchmark_of(root):
    """A module of `benchmarks/` by its name."""

    def load(name):
        sys.path.insert(0, str(root / "benchmarks"))
        try:
            spec = importlib.util.spec_from_file_location(
                f"{name}_benchmark", root / "benchmarks" / f"{name}.py"
            )
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        finally:
            sys.path.pop(0)
        return module

    return load


@pytest.fixture(scope="module")
def promises(benchmark_of):
    """What `benchmarks/advice.py` finds of every local template on each of its cards."""
    found = benchmark_of("advice")
    assert CARDS == found.CARDS
    folder = found.templates.folder()
    paths = [folder / f"{name}.json" for name in found.templates.local(folder)]
    return found.summary([found.work((path, card, 32.0, "")) for card in CARDS for path in paths])


def test_every_suggestion_for_every_template_keeps_its_promise_and_helps(promises):
    assert [] == promises["exceptions"]


def test_all_that_run_out_of_memory_get_advice_and_nearly_all_that_do_not_run_well(promises):
    assert 832 == promises["checks"]
    assert promises["out_of_memory"] == promises["out_of_memory_helped"] > 0
    assert promises["helped"] >= 0.95 * promises["in_need"]


def test_the_page_of_six_workflows_says_what_is_so(benchmark_of, root):
    page = benchmark_of("mended").page()
    assert page + "\n" == (root / "docs" / "mended.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| change")]
    assert len(rows) > 20
    assert [] == [line for line in rows if not line.endswith("| the same |")]
