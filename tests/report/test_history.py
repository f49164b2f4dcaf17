"""Past runs as text: forecast beside measured, a dash for what is not known, as wide as is asked for."""

import pytest
from vram_forecast.estimator.history.rows import Done, Run, Setup
from vram_forecast.estimator.report.history import render
from vram_forecast.estimator.units import GIB, Estimate

SETUP = Setup("NVIDIA GeForce RTX 4070", 12 * GIB, "0.33.0", "2.9", "pytorch", True)


def run(name="a", **more):
    usual = {
        "began": 1_790_000_000.0,
        "graph": "g",
        "setup": SETUP,
        "verdict": "resident",
        "vram_peak": Estimate(10 * GIB, 10.4 * GIB, 11 * GIB, "modelled"),
        "forecast_seconds": Estimate(16.0, 18.0, 22.0, "modelled"),
        "outcome": "done",
        "seconds": 19.4,
    }
    return Run(id=name, **usual | more)


def done(node="8", **more):
    usual = {
        "forecast_seconds": Estimate(14.0, 15.0, 17.0, "modelled"),
        "seconds": 16.0,
        "forecast_per_pass": Estimate(0.6, 0.7, 0.8, "modelled"),
        "per_pass": 0.75,
        "beside": Estimate(0.4 * GIB, 0.5 * GIB, 1.1 * GIB, "traced"),
        "before": 6 * GIB,
        "peak": round(6.7 * GIB),
        "after": 6 * GIB,
    }
    return Done(run="a", node=node, class_type="KSampler", **usual | more)


def test_a_run_says_what_was_forecast_and_what_was_measured():
    text = render([run()], [done()])
    assert text.splitlines()[0] == "1 run; the newest took 19 s, forecast were 16 s to 22 s."
    assert "fits" in text
    assert "10.4 GiB" in text
    assert "18 s → 19 s" in text


def test_a_node_says_time_pass_and_memory():
    text = render([run()], [done()])
    (line,) = [one for one in text.splitlines() if "KSampler" in one]
    assert "15 s → 16 s" in line
    assert "0.7 s → 0.8 s" in line
    assert "409.6 MiB to 1.1 GiB → 0.7 GiB" in line


def test_a_peak_on_a_full_card_is_a_bound():
    assert "→ ≥ 0.7 GiB" in render([run()], [done(full=True)])


def test_what_lay_there_before_and_went_makes_a_peak_an_upper_bound():
    assert "→ ≤ 0.7 GiB" in render([run()], [done(before=round(6.5 * GIB))])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"outcome": "out of memory", "node": "8", "seconds": None}, "the newest: out of memory in node 8."),
        ({"outcome": "interrupted", "seconds": 3.0}, "the newest: interrupted."),
        ({"outcome": "failed", "seconds": None}, "the newest: failed."),
        ({"forecast_seconds": None}, "the newest took 19 s."),
    ],
)
def test_a_run_that_did_not_end_well_says_how(more, said):
    assert render([run(**more), run("b")], []).splitlines()[0] == f"2 runs; {said}"


def test_what_was_not_measured_or_not_forecast_is_a_dash():
    bare = Done(run="a", node="3", class_type="VAELoader")
    text = render([run(verdict="", vram_peak=None, forecast_seconds=None)], [bare, done(after=None)])
    assert "– → 19 s" in text
    assert "→ –" in next(one for one in text.splitlines() if "KSampler" in one)
    (line,) = [one for one in text.splitlines() if "VAELoader" in one]
    assert line.split() == ["3", "VAELoader"]


def test_nothing_recorded_is_a_sentence():
    assert "No run has been recorded yet.\n" == render([], [])


def test_no_line_is_wider_than_asked():
    wide = [done(str(at), **{"seconds": 1e5}) for at in range(30)]
    assert max(map(len, render([run(), run("b", node="9" * 300)], wide, 80).splitlines())) <= 80
