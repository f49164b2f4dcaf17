"""What counts as better."""

import pytest
from advising import case_of
from msgspec.structs import replace
from prompts import flux
from vram_forecast.estimator.advice.judge import GOOD, SLOW, better, grade
from vram_forecast.estimator.advice.suggestion import why
from vram_forecast.estimator.units import GIB


@pytest.fixture(scope="module")
def reading():
    """FLUX.1 dev on 12 GB with too little RAM: files are read again in every run."""
    found = case_of(flux(), gpu="rtx-3060-12gb", ram=16).forecast
    assert "disk" == found.verdict
    assert found.disk_bytes > 40 * GIB
    return found


def timed(forecast, times):
    return replace(
        forecast, seconds=forecast.seconds.times(times), seconds_again=forecast.seconds_again.times(times)
    )


def test_half_of_the_reads_from_disk_is_better_and_nine_tenths_are_not(reading):
    half = replace(reading, disk_bytes=reading.disk_bytes // 2)
    assert better(half, reading)
    assert why(half, reading).endswith("read again from disk")
    assert not better(replace(reading, disk_bytes=reading.disk_bytes * 9 // 10), reading)


def test_it_is_no_better_where_it_takes_much_longer(reading):
    half = replace(reading, disk_bytes=reading.disk_bytes // 2)
    assert better(timed(half, 1.2), reading)
    assert not better(timed(half, 1.3), reading)


def test_a_tenth_of_the_time_is_worth_a_change_and_a_twentieth_is_not(reading):
    assert better(timed(reading, 0.89), reading)
    assert "quicker" == why(timed(reading, 0.89), reading)
    assert not better(timed(reading, 0.95), reading)


@pytest.mark.parametrize("fails", ["oom", "spill"])
def test_what_fails_is_better_only_by_another_verdict(reading, fails):
    failing = replace(reading, verdict=fails)
    assert better(reading, failing)
    assert not better(timed(failing, 0.1), failing)
    assert not better(failing, reading)


def test_a_quick_disk_is_no_failure(reading):
    assert grade(reading) > SLOW
    steps = tuple(replace(one, beside=replace(one.beside, best=(1.0, 1.0))) for one in reading.steps)
    assert SLOW == grade(replace(reading, steps=steps))


def test_what_runs_at_full_speed_with_a_margin_is_good():
    well = case_of(flux(), gpu="rtx-5090").forecast
    assert GOOD == grade(well)
    assert SLOW == grade(replace(well, tight=True))
