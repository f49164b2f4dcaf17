"""Whatever breaks in the recorder, the run does not notice; what is not kept is said once."""

import logging
import threading
import time

import at_host
import pytest
from player import DONE, GIB, ORDER, Player, settled
from vram_forecast.estimator.history.store import HistoryError, Store
from vram_forecast.nodes import answers, host, record
from vram_forecast.nodes.answers import past
from vram_forecast.nodes.answers.threads import threads
from vram_forecast.nodes.record import journal, recorder, writer


def broken(*given, **options):
    raise RuntimeError("broken on purpose")


def refused(*given, **options):
    raise HistoryError("refused on purpose", where="history.sqlite")


POINTS = {
    "the frontend": (at_host.RecordedHost, "tell", broken),
    "the memory": (at_host.RecordedHost, "memory", broken),
    "the peak": (at_host.RecordedHost, "forget_peak", broken),
    "the machine": (at_host.RecordedHost, "look", broken),
    "the forecast": (answers, "checked", broken),
    "the digest": (journal, "digest", broken),
    "the setup": (journal, "setup", broken),
    "the rows": (journal.Rows, "row", broken),
    "the settings": (journal, "rules", broken),
    "the journal": (journal.Journal, "write", broken),
    "the queue": (writer.Writer, "put", broken),
    "a reading": (recorder.Open, "read", broken),
    "a node's beginning": (recorder, "Open", broken),
    "the store": (Store, "__init__", refused),
    "a run's beginning": (Store, "begin", refused),
    "a row": (Store, "add", refused),
    "a run's end": (Store, "end", refused),
    "the store's own defect": (Store, "add", broken),
}


@pytest.mark.parametrize("point", POINTS)
def test_whatever_breaks_the_run_goes_on_and_it_is_said_once(player, monkeypatch, caplog, point):
    where, name, how = POINTS[point]
    monkeypatch.setattr(where, name, how)
    with caplog.at_level(logging.WARNING, "vram_forecast"):
        for run in "abc":
            player.whole(run, progress=[0.0] * 5)
        player.stop()
    lines = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert 1 <= len(lines) <= 2
    assert all("VRAM Forecast" in one.getMessage() for one in lines)
    if how is refused:
        assert [None] * len(lines) == [one.exc_info for one in lines]


@pytest.mark.parametrize("point", ["a row", "a run's beginning", "the store"])
def test_after_a_broken_moment_runs_are_kept_again(player, monkeypatch, point):
    where, name, how = POINTS[point]
    with monkeypatch.context() as patch:
        patch.setattr(where, name, how)
        player.whole("a")
        settled(player)
    player.whole("b")
    assert set(ORDER) == set(player.kept("b"))


def test_a_peak_that_was_not_begun_anew_is_none(player, card, monkeypatch):
    monkeypatch.setattr(card, "forget_peak", broken)
    player.whole()
    assert player.kept()["3"].peak is None


def test_what_comes_too_fast_is_dropped_counted_and_said_once(card, monkeypatch, caplog):
    real, go = journal.rules(), threading.Event()
    monkeypatch.setattr(journal, "rules", lambda: real | {"waiting": 3})
    monkeypatch.setattr(journal.Journal, "foreseen", lambda *given: go.wait(20) and None)
    player = Player(card, past.file())
    player.begin()
    wait_for(lambda: player.listener.writer.rules)
    for number in range(10):
        player.node(str(number))
    player.over()
    go.set()
    with caplog.at_level(logging.WARNING, "vram_forecast"):
        rows = player.kept()
    assert "done" == player.ran.outcome
    assert 0 < len(rows) < 10
    lines = [one.getMessage() for one in caplog.records if "too fast" in one.getMessage()]
    assert [f"VRAM Forecast: {10 - len(rows)} readings came too fast to be recorded"] == lines


def wait_for(ready):
    """Until something is so; fails where it never is."""
    end = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_listener_takes_well_under_a_millisecond(player):
    took = []

    def timed(call, *given):
        began = time.perf_counter()
        call(*given)
        took.append(time.perf_counter() - began)

    tell = player.listener
    player.whole("warm")
    settled(player)
    prompt = {str(number): {"class_type": "X", "inputs": {"a": 1}} for number in range(2000)}
    timed(tell.prompt_started, "a", prompt, ("9",))
    for number in range(2000):
        timed(tell.node_started, str(number), str(number))
        timed(tell.node_progressed, str(number), 1, 2)
        timed(tell.node_finished, str(number))
    timed(tell.prompt_ended, "a", DONE)
    took.sort()
    assert took[len(took) // 2] < 0.0002
    assert took[int(len(took) * 0.99)] < 0.001


def test_a_run_without_a_forecast_is_kept(player, monkeypatch):
    monkeypatch.setattr(answers, "checked", broken)
    player.whole()
    row = player.kept()["3"]
    assert ("", None, "") == (player.ran.verdict, player.ran.vram_peak, row.law)
    assert 3 * GIB == row.peak


def test_a_forecast_that_hangs_is_not_waited_for(player, monkeypatch):
    real, hangs = journal.rules(), threading.Event()
    monkeypatch.setattr(journal, "rules", lambda: real | {"forecast_seconds": 0.05})
    monkeypatch.setattr(answers, "checked", lambda *given, **options: hangs.wait(20))
    player.whole()
    assert "" == player.kept()["3"].law
    assert "done" == player.ran.outcome
    hangs.set()
    wait_for(lambda: not any(threads().busy.values()))


def test_recording_is_turned_off_by_the_environment(card, monkeypatch):
    monkeypatch.setenv(record.VARIABLE, "off")
    assert record.register_recorder() is None
    assert [] == card.listeners


def test_a_comfyui_with_no_place_to_listen_is_one_line_in_the_log(card, monkeypatch, caplog):
    def renamed(listener):
        raise host.Renamed("add_progress_handler")

    monkeypatch.setattr(card, "watch", renamed)
    assert record.register_recorder() is None
    (line,) = [one for one in caplog.records if "not recorded" in one.getMessage()]
    assert "add_progress_handler" in line.getMessage()


def test_nothing_is_opened_before_the_first_run(card):
    stop = record.register_recorder()
    assert 1 == len(card.listeners)
    assert not past.file().exists()
    stop()
    assert [] == card.listeners
