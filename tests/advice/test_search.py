"""The search: which of a rule's changes are offered, in which order, and when two are put together."""

from types import ModuleType

import pytest
from prompts import checkpoint, flux, nowhere
from vram_forecast.estimator.advice import Case, Change, Download, search
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.edits import Edit

LATENT, SAMPLER = "4", "8"


def case(prompt, **where):
    here = machine(**{"ram": 64, "system": "linux"} | where)
    return Case(read(prompt), here, Library(nowhere))


def rule(code, *changes, applicability="lossy"):
    """A rule that offers these changes of every case."""
    found = ModuleType(code)
    vars(found).update(CODE=code, APPLICABILITY=applicability, changes=lambda _: iter(changes))
    return found


def side(length, harm=1.0, **more):
    """A change: pictures of so many pixels a side."""
    edits = tuple(Edit("set", LATENT, name, length) for name in ("width", "height"))
    return Change(f"Make it {length} x {length}", str(length), edits, harm=harm, **more)


def batch(count, harm=1.0):
    """A change: so many pictures at once."""
    return Change(f"Make {count} at once", str(count), (Edit("set", LATENT, "batch_size", count),), harm=harm)


@pytest.fixture
def rules(monkeypatch):
    """Sets the rules that the search has."""
    return lambda *them: monkeypatch.setattr(search, "RULES", them)


def codes(found):
    return [one.suggestion().code for one in found]


HUGE = checkpoint(side=4096, batch=8)


def test_a_change_that_does_not_help_is_not_offered(rules):
    rules(rule("bigger", side(8192)), rule("same", Change("Do nothing")))
    assert [] == search.search(case(HUGE, gpu="rtx-4060"))


def test_the_mildest_that_helps_is_offered_and_the_mildest_that_mends(rules):
    # 16 pictures on 8 GiB: at 1 792 it runs with hardly a margin, so at 1 536; from 1 024 down well.
    rules(rule("smaller", side(1792), side(1536), side(1024), side(768)))
    found = search.search(case(checkpoint(side=2048, batch=16), gpu="rtx-4060"))
    assert ["smaller:1024", "smaller:1792"] == codes(found)
    assert [search.GOOD, search.SLOW] == [one.grade for one in found]


def test_nothing_is_tried_after_what_leaves_nothing_to_wish_for(rules):
    before = case(HUGE, gpu="rtx-4060")
    small = rule("smaller", side(512), side(256))
    tried = list(search.attempts(before, before, small, (), search.Budget(9)))
    assert ["512"] == [one.changes[0][1].choice for one in tried]


def test_a_lossless_edit_goes_before_one_that_harms_and_both_before_what_is_done_by_hand(rules):
    rules(
        rule("by-hand", side(512, harm=0), applicability="manual"),
        rule("harms", side(512, harm=5)),
        rule("keeps", side(512, harm=0), applicability="lossless"),
    )
    assert ["keeps:512", "harms:512", "by-hand:512"] == codes(search.search(case(HUGE, gpu="rtx-4060")))


def test_a_file_on_disk_goes_before_the_same_as_a_download(rules):
    file = Download("x.safetensors", "https://example.org/x.safetensors", "checkpoints", 1 << 30)
    rules(rule("fetched", side(512, downloads=(file,))), rule("here", side(512)))
    assert ["here:512", "fetched:512"] == codes(search.search(case(HUGE, gpu="rtx-4060")))


def test_two_changes_are_put_together_where_neither_does(rules):
    rules(rule("fewer", batch(4)), rule("smaller", side(2048)))
    found = search.search(case(checkpoint(side=4096, batch=256), gpu="rtx-4060"))
    assert [{"fewer:4", "smaller:2048"}] == [set(one.codes) for one in found]
    assert [search.SLOW] == [one.grade for one in found]


def test_two_changes_are_not_put_together_where_one_does(rules):
    rules(rule("fewer", batch(1)), rule("smaller", side(512)))
    assert ["fewer:1", "smaller:512"] == sorted(codes(search.search(case(HUGE, gpu="rtx-4060"))))


def test_a_search_takes_no_more_forecasts_than_it_may():
    before = case(HUGE, gpu="rtx-4060")
    many = rule("many", *(side(4096 - number) for number in range(50)))
    assert 7 == len(list(search.attempts(before, before, many, (), search.Budget(7))))


def test_what_runs_well_gets_no_advice_unless_it_is_asked_for_always(rules):
    rules(rule("fewer-steps", Change("Take 4 steps", edits=(Edit("set", SAMPLER, "steps", 4),))))
    well = case(flux(steps=20), gpu="rtx-5090")
    assert () == search.suggest(well)
    assert ["fewer-steps"] == [one.code for one in search.suggest(well, always=True)]


def test_a_suggestion_says_what_the_forecast_after_it_says(rules):
    rules(rule("smaller", side(512)))
    before = case(HUGE, gpu="rtx-4060")
    (one,) = search.suggest(before)
    after = before.after(side(512)).forecast
    assert (after.verdict, after.tight) == (one.verdict_after, one.tight_after)
    assert after.seconds.best == one.seconds_after
    assert after.ram_peak.best == before.forecast.ram_peak.best - one.saves_ram
