"""What measured passes teach, on machines whose truth is known."""

import random
from itertools import pairwise
from statistics import median

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from learning_machines import LAW, Truth, corrected, only, past, ran, timed, width
from vram_forecast.estimator.costs.corrected import beside, seconds
from vram_forecast.estimator.costs.corrections import Place
from vram_forecast.estimator.history.learn import corrections
from vram_forecast.estimator.units import MIB, Estimate

SIZE = 364 * MIB
# Pictures from 512x512 to 2048x2048, each twice the area of the one before.
SIZES = tuple(SIZE * share for share in (0.25, 0.5, 1, 2, 4))


def rows_of(*factors, **more):
    """Passes of one size that took so many times what the law says."""
    return [ran(SIZE, SIZE * factor, **more) for factor in factors]


def test_nothing_is_learned_of_two_passes_and_something_of_three():
    assert corrections(rows_of(1.3, 1.3)) == ()
    assert only(rows_of(1.3, 1.31, 1.3)).points == 3


def test_of_no_rows_nothing_is_learned():
    assert corrections([]) == ()


def test_each_law_has_its_own_correction_in_the_order_of_names():
    rows = [*rows_of(1.3, 1.3, 1.3, law="b:forward:cast:2"), *rows_of(1.2, 1.2, 1.2, law="a:forward:cast:2")]
    assert [one.law for one in corrections(rows)] == ["a:forward:cast:2", "b:forward:cast:2"]


def test_a_row_without_a_law_says_nothing():
    assert corrections(rows_of(1.3, 1.3, 1.3, law="")) == ()


@pytest.mark.parametrize(("count", "narrower"), [(5, 1.5), (10, 3), (30, 3)])
def test_the_band_holds_sizes_that_never_ran_and_is_narrower(count, narrower):
    held, shares, chance = 0, [], random.Random(count)
    for number in range(1000):
        truth = Truth(chance.uniform(1, 1.05), chance.uniform(60, 200) * MIB, 0.01, seed=number)
        size = SIZES[0] * (SIZES[-1] / SIZES[0]) ** chance.random()
        known, found = truth.known(size), corrected(truth, past(truth, SIZES, count, chance), size)
        held += found.low <= truth.takes(size, chance) <= found.high
        shares.append(width(known) / width(found))
    assert held >= 950
    assert median(shares) >= narrower


@pytest.mark.parametrize("count", [3, 10, 30])
def test_the_size_that_ran_is_held_and_known_three_times_as_closely(count):
    held, shares, chance = 0, [], random.Random(count)
    for _ in range(1000):
        truth = Truth(chance.uniform(1, 1.05), chance.uniform(60, 200) * MIB, 0.01)
        found = corrected(truth, past(truth, [SIZE], count, chance), SIZE)
        held += found.low <= truth.takes(SIZE, chance) <= found.high
        shares.append(width(truth.known(SIZE)) / width(found))
    assert held >= 950
    assert median(shares) >= 3


@settings(deadline=None)
@given(st.lists(st.floats(1.0, 1.12), min_size=3, max_size=40))
def test_the_band_is_never_narrower_than_what_was_measured(factors):
    found = corrected(Truth(room=(1, 0)), rows_of(*factors), SIZE)
    assert found.low <= min(factors) * SIZE + 1 and max(factors) * SIZE - 1 <= found.high


def test_what_was_measured_ever_so_often_leaves_room_for_what_no_tensor_counts():
    found = corrected(Truth(), rows_of(*[1.3] * 500), SIZE)
    assert found.basis == "measured"
    assert found.high >= 1.3 * SIZE * 1.05
    assert found.low <= 1.3 * SIZE * 0.98 + 1


ENDLESS = Estimate(float("inf"), float("inf"), float("inf"), "traced")
SPOILED = {
    "ten times as much": [ran(SIZE, 13 * SIZE)],
    "nothing": [ran(SIZE, 0)],
    "less than nothing": [ran(SIZE, SIZE, after=2 * SIZE), ran(SIZE, -SIZE)],
    "no number": [ran(SIZE, SIZE).__class__(run="r", node="8", class_type="K", law=LAW)],
    "of no size": [ran(0, SIZE), ran(SIZE, SIZE, activations=ENDLESS)],
    "beside another node": [ran(SIZE, 3 * SIZE, shared=True)],
    "of another law": [ran(SIZE, 2 * SIZE, law="wan:forward:native:2")],
    "not the traced pass": [ran(SIZE, SIZE * 0.5)],
    "begun below nothing": [ran(SIZE, SIZE * 2, before=-5)],
}


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED)
def test_a_spoiled_point_changes_nothing(spoiled):
    truth, chance = Truth(), random.Random(1)
    good = past(truth, SIZES, 12, chance)
    (clean,) = corrections(good)
    with_them = {one.law: one for one in corrections([*good, *spoiled])}
    assert with_them[LAW].beside == clean.beside
    assert set(with_them) == {LAW}


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED)
def test_spoiled_points_alone_teach_nothing(spoiled):
    assert corrections(spoiled * 2) == ()


def test_points_that_disagree_teach_nothing():
    assert corrections(rows_of(1.0, 1.5, 2.0, 2.6, 3.3)) == ()
    assert corrections(rows_of(1.1, 1.1, 1.1, 2.2, 2.2, 2.2)) == ()


def test_a_pass_that_took_more_than_the_others_keeps_the_high_end_up():
    found = corrected(Truth(), rows_of(*[1.1] * 9, 2.0), SIZE)
    assert found.high >= 2.0 * SIZE


@given(st.permutations(range(20)))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_points_does_not_matter(order):
    chance = random.Random(7)
    rows = [*past(Truth(jumps=0.05), SIZES, 14, chance), *rows_of(1.2, 1.3, full=True)]
    rows += [timed(ratio) for ratio in (1.2, 1.25, 1.22, 1.3)]
    assert corrections([rows[number] for number in order]) == corrections(rows)


def test_passes_on_a_full_card_alone_teach_nothing():
    assert corrections(rows_of(*[1.02] * 30, full=True)) == ()


def test_a_pass_on_a_full_card_lowers_the_low_end_alone():
    free = rows_of(1.3, 1.31, 1.3, 1.3)
    before = corrected(Truth(), free, SIZE)
    after = corrected(Truth(), [*free, *rows_of(1.1, full=True)], SIZE)
    assert after.low == pytest.approx(1.1 * SIZE)
    assert (after.best, after.high) == (before.best, before.high)


def test_a_pass_that_took_more_on_a_full_card_raises_the_high_end():
    free = rows_of(1.3, 1.31, 1.3, 1.3)
    assert corrected(Truth(), [*free, *rows_of(1.6, full=True)], SIZE).high >= 1.6 * SIZE


def test_what_the_card_did_not_suffice_for_is_not_known_more_closely():
    truth, free = Truth(), rows_of(1.3, 1.31, 1.3, 1.3)
    larger = SIZE * 1.2
    stopped = ran(larger, larger, full=True, after=None)
    assert corrected(truth, free, larger).high < truth.known(larger).high
    assert corrected(truth, [*free, stopped], larger).high >= truth.known(larger).high


def test_what_lay_there_before_a_node_and_not_after_says_only_what_sufficed():
    assert corrections([ran(SIZE, 3 * SIZE, before=3 * SIZE)] * 9) == ()
    assert corrections([ran(SIZE, 3 * SIZE, before=2 * SIZE, after=SIZE)] * 9) == ()


def test_a_model_that_was_loaded_for_its_pass_is_no_part_of_it():
    weights = 22 << 30
    loaded = [ran(SIZE, 1.3 * SIZE + weights, after=weights) for _ in range(4)]
    there = [ran(SIZE, 1.3 * SIZE + weights, before=weights, after=weights) for _ in range(4)]
    assert corrections(loaded) == corrections(there) == corrections(rows_of(*[1.3] * 4))


@pytest.mark.parametrize(("batch", "frames"), [(2, 1), (1, 2), (8, 1), (1, 81)])
def test_another_batch_or_other_frames_are_forecast_as_before(batch, frames):
    truth, rows = Truth(), rows_of(*[1.3] * 10)
    assert corrected(truth, rows, SIZE, batch, frames) == truth.known(SIZE)


@pytest.mark.parametrize("times", [2.1, 4, 16, 1000, 0.45, 0.1, 0.001])
def test_sizes_far_from_those_that_ran_are_forecast_as_before(times):
    truth, rows = Truth(), rows_of(*[1.3] * 10)
    found, known = corrected(truth, rows, SIZE * times), truth.known(SIZE * times)
    assert (found.best, found.basis) == (known.best, known.basis)
    assert found.low <= known.low and known.high <= found.high <= known.high + 0.03 * known.best


def test_the_band_widens_step_by_step_away_from_what_ran():
    truth, rows = Truth(), rows_of(*[1.3] * 10)
    shares = [
        width(truth.known(SIZE * times)) / width(corrected(truth, rows, SIZE * times))
        for times in (1, 1.1, 1.25, 1.5, 2.1)
    ]
    assert all(near > far for near, far in pairwise(shares))
    assert shares[0] > 3 and shares[-1] == pytest.approx(1, abs=0.05)


def test_a_law_that_is_far_too_low_is_mended_and_stays_so_far_away():
    truth = Truth(factor=14, plus=0)
    rows = past(truth, [SIZE], 10, random.Random(1))
    assert corrected(truth, rows, SIZE).low > 12 * SIZE
    assert corrected(truth, rows, 8 * SIZE).high > 2 * truth.known(8 * SIZE).high


@pytest.mark.parametrize("convolves", [False, True])
def test_passes_that_took_more_than_was_thought_possible_raise_the_high_end(convolves):
    truth = Truth(factor=2.0, plus=0, room=(0.5, 0), convolves=convolves)
    rows = past(truth, [SIZE], 5, random.Random(1))
    assert corrected(truth, rows, SIZE).high > 2.0 * SIZE > truth.known(SIZE).high


def test_what_convolutions_take_with_room_does_not_say_what_suffices():
    truth = Truth(room=(2.4, 0), convolves=True)
    found = corrected(truth, rows_of(*[1.5] * 10), SIZE)
    assert found.low == truth.known(SIZE).low
    assert found.best == pytest.approx(1.5 * SIZE, rel=0.01)
    assert found.high < 1.7 * SIZE


transformers = st.tuples(
    st.floats(1.0, 1.02), st.floats(0, 220), st.floats(0, 0.01), st.integers(0, 1000)
).map(lambda one: Truth(one[0], one[1] * MIB, one[2], seed=one[3]))
# With algorithms that differ from size to size.
autoencoders = st.tuples(
    st.floats(1.3, 2.2), st.floats(0, 0.01), st.floats(0, 0.1), st.integers(0, 1000)
).map(lambda one: Truth(one[0], 0, one[1], one[2], room=(2.4, 0), convolves=True, seed=one[3]))
chosen_sizes = st.lists(st.sampled_from(SIZES), min_size=1, max_size=5, unique=True)


@settings(max_examples=400, deadline=None)
@given(
    transformers | autoencoders, chosen_sizes, st.integers(3, 30), st.integers(0, 10**6), st.floats(0.05, 40)
)
@example(Truth(1.0, 220 * MIB, 0.0), [SIZE], 3, 1, 2.0)
def test_no_correction_says_that_a_pass_takes_less_than_it_does(truth, sizes, count, seed, times):
    chance = random.Random(seed)
    found = corrected(truth, past(truth, sizes, count, chance), SIZE * times)
    took = truth.takes(SIZE * times, chance)
    assert took <= max(found.high, 0) or took > truth.known(SIZE * times).high


def test_a_pace_follows_from_passes_whose_weights_stayed_on_the_card():
    found = only([timed(ratio) for ratio in (1.3, 1.32, 1.28, 1.31)]).seconds
    assert found.factor.best == pytest.approx(1.305)
    assert found.factor.basis == "measured"
    assert 1.1 < found.factor.low < 1.25 and 1.36 < found.factor.high < 1.5


@pytest.mark.parametrize("more", [{"streamed": 1}, {"shared": True}, {"full": True}, {"law": ""}])
def test_no_pace_follows_from_passes_that_waited_for_something(more):
    assert corrections([timed(1.3, **more) for _ in range(9)]) == ()


@pytest.mark.parametrize("ratio", [0, -1, float("nan"), float("inf"), 1000, 1e-9, None])
def test_no_pace_follows_from_what_cannot_be(ratio):
    good = [timed(one) for one in (1.3, 1.32, 1.28, 1.31)]
    assert corrections([*good, timed(ratio)]) == corrections(good)
    assert corrections([timed(ratio)] * 9) == ()


def test_no_pace_follows_from_two_passes_nor_from_those_that_disagree():
    assert corrections([timed(1.3), timed(1.3)]) == ()
    assert corrections([timed(ratio) for ratio in (0.3, 0.8, 1.5, 2.9, 6.0)]) == ()


def test_seconds_are_the_law_s_times_the_pace_and_far_away_the_law_s():
    pace = only([timed(ratio) for ratio in (1.3, 1.32, 1.28, 1.31)]).seconds
    known = Estimate(5.0, 10.0, 30.0, "modelled")
    assert seconds(pace, Place(400 * MIB), known).best == pytest.approx(13.05)
    assert seconds(pace, Place(40_000 * MIB), known) == known


numbers = st.none() | st.integers(-(2**63), 2**63 - 1)
sizes_said = st.tuples(*[st.floats(allow_nan=False)] * 3).map(lambda ends: Estimate(*sorted(ends), "traced"))
anything = st.builds(
    ran,
    st.just(SIZE),
    st.just(SIZE),
    law=st.sampled_from(["", LAW]),
    shape=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=6).map(tuple),
    activations=st.none() | sizes_said,
    before=numbers,
    peak=numbers,
    after=numbers,
    forecast_per_pass=st.none() | sizes_said,
    per_pass=st.none() | st.floats(),
    streamed=st.integers(0, 5),
    full=st.booleans(),
    shared=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(anything, max_size=12), st.booleans(), st.floats(1, 1e15))
def test_whatever_lies_in_the_store_a_forecast_stays_one(found, among_good, size):
    good = [*rows_of(1.1, 1.12, 1.11, 1.1), *(timed(ratio) for ratio in (1.1, 1.2, 1.15))]
    learned = only([*found, *good] if among_good else found)
    known = Truth().known(size)
    if learned and learned.beside:
        took = beside(learned.beside, Place(size), known, 0.99 * size, convolves=False)
        assert 0 <= took.low <= took.best <= took.high < float("inf")
    if learned and learned.seconds:
        assert 0 < seconds(learned.seconds, Place(size), known).low


def test_the_same_points_teach_the_same():
    rows = past(Truth(), SIZES, 25, random.Random(3))
    assert corrections(rows) == corrections(rows)
