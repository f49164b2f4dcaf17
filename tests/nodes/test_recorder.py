"""The recorder: what ran comes out of the store beside its forecast."""

import time

import msgspec
import pytest
from at_host import SDXL, forget, text_to_image
from player import AFTER, ORDER, QUIET, forecast_of, step_of
from vram_forecast.estimator import Checked
from vram_forecast.estimator.history.rows import Done
from vram_forecast.estimator.history.store import Store
from vram_forecast.estimator.units import GIB, MIB
from vram_forecast.nodes import answers
from vram_forecast.nodes.answers import past
from vram_forecast.nodes.answers.machine import machine, setup
from vram_forecast.nodes.host import Ended, Memory
from vram_forecast.nodes.record import recorder


@pytest.fixture
def clock(monkeypatch):
    """Seconds as a test says them."""
    now = [1000.0]
    monkeypatch.setattr(recorder.time, "perf_counter", lambda: now[0])
    return now


def test_a_run_is_kept_whole_with_its_forecast_and_the_machine(player, card):
    player.whole()
    rows = player.kept()
    assert set(ORDER) == set(rows)
    forecast = forecast_of(card)
    ran = player.ran
    assert ("done", "", forecast.verdict) == (ran.outcome, ran.node, ran.verdict)
    assert (forecast.vram_peak, forecast.seconds) == (ran.vram_peak, ran.forecast_seconds)
    assert setup(machine(card.look())) == ran.setup
    assert 32 == len(ran.graph)
    assert abs(time.time() - ran.began) < 60
    assert ran.seconds is not None


def test_a_node_is_kept_as_it_was_forecast_and_measured(player, card, clock):
    player.begin()
    player.start("3", before=QUIET._replace(allocated=100 * MIB))
    clock[0] += 7.5
    player.finish("3", AFTER._replace(allocated=200 * MIB))
    player.over()
    row, step = player.kept()["3"], step_of(card, "3")
    assert row == Done(
        run="a",
        node="3",
        class_type="KSampler",
        kind="sample",
        law=step.law,
        shape=step.shape,
        passes=step.passes,
        activations=step.by_law.activations,
        beside=step.activations + step.workspace,
        streamed=step.streamed,
        vram_peak=step.vram_peak,
        forecast_seconds=step.seconds,
        forecast_per_pass=step.by_law.seconds,
        seconds=7.5,
        before=100 * MIB,
        peak=3 * GIB,
        after=200 * MIB,
        used=5 * GIB,
        card_peak=5 * GIB,
        ram_used=5 * GIB,
    )
    assert step.law and step.by_law.seconds
    assert 1 == card.forgotten


def test_seconds_of_a_pass_are_the_middle_of_a_samplers_steps_without_the_first(player, card, clock):
    assert 20 == step_of(card, "3").passes
    player.begin()
    player.start("3")
    for number, seconds in enumerate([30.0, *[0.5] * 18, 9.0]):
        clock[0] += seconds
        player.listener.node_progressed("3", number + 1, 20)
        player.listener.node_progressed("3", number + 1, 20)  # the same again, with a preview
    player.finish("3")
    player.over()
    assert 0.5 == player.kept()["3"].per_pass


def test_a_step_of_two_passes_takes_twice_as_long_as_a_pass(player, clock):
    prompt = text_to_image()
    prompt["3"]["inputs"]["sampler_name"] = "heun"
    player.begin(prompt=prompt)
    player.start("3")
    for number in range(20):
        clock[0] += 1.0
        player.listener.node_progressed("3", number + 1, 20)
    player.finish("3")
    player.over()
    row = player.kept()["3"]
    assert (39, 0.5) == (row.passes, row.per_pass)


def test_progress_of_something_else_than_passes_is_no_pace(player, clock):
    player.begin()
    player.start("3")
    for number in range(300):
        clock[0] += 1.0
        player.listener.node_progressed("3", number + 1, 300)
    player.finish("3")
    player.over()
    assert player.kept()["3"].per_pass is None


@pytest.mark.parametrize(
    ("end", "full"),
    [
        (AFTER, False),
        (AFTER._replace(retries=1), True),
        (AFTER._replace(used=12 * GIB - 100 * MIB), True),
        (AFTER._replace(reserved=GIB, used=10 * GIB), True),  # the peak's 2 GiB more were given back
        (AFTER._replace(retries=None, reserved=None, used=None), False),
    ],
    ids=["room", "retried", "little left", "nothing left at the peak", "not told"],
)
def test_a_card_is_full_where_the_allocator_retried_or_little_was_left(player, end, full):
    player.begin()
    player.node("3", end=end)
    player.over()
    assert full == player.kept()["3"].full


@pytest.mark.parametrize(
    ("end", "used"),
    [
        (AFTER, 5 * GIB),
        (AFTER._replace(reserved=GIB), 7 * GIB),  # the peak's 2 GiB more were given back
        (AFTER._replace(reserved=None), None),
    ],
    ids=["kept", "given back", "not told"],
)
def test_the_card_at_its_peak_is_what_was_in_use_at_the_end_and_what_was_given_back(player, end, used):
    player.begin()
    player.node("3", end=end)
    player.over()
    assert used == player.kept()["3"].card_peak


def test_retries_of_an_earlier_node_do_not_make_the_card_full(player):
    player.begin()
    player.node("3", before=QUIET._replace(retries=4), end=AFTER._replace(retries=4))
    player.over()
    assert not player.kept()["3"].full


@pytest.mark.parametrize(
    "memory", [None, Memory(None, None, None, None, None, 5 * GIB)], ids=["nothing", "RAM alone"]
)
def test_without_statistics_of_the_card_seconds_are_kept(player, memory):
    player.begin()
    player.node("3", before=memory, end=memory)
    player.over()
    row = player.kept()["3"]
    assert (None,) * 5 == (row.before, row.peak, row.after, row.used, row.card_peak)
    assert row.ram_used == (memory and memory.ram_used)
    assert row.seconds is not None and row.law


def test_a_node_whose_result_was_at_hand_has_no_row(player):
    player.begin()
    player.listener.node_finished("4")
    player.node("3")
    player.over()
    assert ["3"] == list(player.kept())


@pytest.mark.parametrize("outcome", ["failed", "interrupted", "out of memory"])
def test_the_node_that_a_run_stops_in_has_no_end_and_only_without_memory_a_full_card(player, outcome):
    player.begin()
    player.node("4")
    player.start("3")
    player.over(Ended(outcome, "3", "what went wrong"))
    rows = player.kept()
    assert (outcome, "3") == (player.ran.outcome, player.ran.node)
    assert rows["4"].after is not None
    assert (None, 3 * GIB) == (rows["3"].after, rows["3"].peak)
    assert (outcome == "out of memory") == rows["3"].full
    assert rows["3"].law


def test_a_lazy_node_begins_anew_and_what_it_waited_for_was_not_beside_it(player, clock):
    player.begin()
    player.start("8")
    clock[0] += 1
    player.node("3")
    clock[0] += 1
    player.start("8", before=QUIET._replace(allocated=MIB))
    clock[0] += 4
    player.finish("8")
    player.over()
    rows = player.kept()
    assert (4, MIB) == (rows["8"].seconds, rows["8"].before)
    assert not rows["3"].shared and not rows["8"].shared


def test_nodes_that_run_at_the_same_time_share_the_card(player):
    player.begin()
    player.start("6")
    player.node("3")
    player.finish("6")
    player.node("8")
    player.over()
    rows = player.kept()
    assert (True, True, False) == (rows["6"].shared, rows["3"].shared, rows["8"].shared)


def test_nodes_that_a_node_makes_are_one_row_of_it(player, clock):
    player.begin()
    player.start("3")
    clock[0] += 1
    player.node("5")  # of another branch, while the node waits
    for name, peak in (("3.0.1", 2 * GIB), ("3.0.2", 4 * GIB), ("3.0.3", GIB)):
        player.start(name, "3", QUIET._replace(allocated=MIB))
        clock[0] += 2
        player.finish(name, AFTER._replace(peak=peak, allocated=len(name)))
    player.finish("3")
    player.over()
    rows = player.kept()
    row = rows["3"]
    assert {"3", "5"} == set(rows)
    assert ("KSampler", 6, 4 * GIB, MIB, 5) == (row.class_type, row.seconds, row.peak, row.before, row.after)
    assert row.law and not row.shared and not rows["5"].shared


def test_a_node_of_several_priced_steps_or_that_is_retried_in_tiles_teaches_nothing(
    player, card, monkeypatch
):
    forecast, step = forecast_of(card), step_of(card, "8")
    tiled = msgspec.structs.replace(step, tiled=True)
    others = [one for one in forecast.steps if one.node != "8"]
    sampled = step_of(card, "3")
    changed = msgspec.structs.replace(forecast, steps=(*others, sampled, tiled))
    monkeypatch.setattr(answers, "checked", lambda *given, **options: Checked(changed))
    player.whole()
    rows = player.kept()
    assert ("decode", "") == (rows["8"].kind, rows["8"].law)
    assert ("", "", None) == (rows["3"].kind, rows["3"].law, rows["3"].activations)


def test_a_run_whose_made_node_fails_stops_in_the_node_of_the_prompt(player):
    player.begin()
    player.start("3")
    player.node("3.0.1", "3")
    player.start("3.0.2", "3")
    player.over(Ended("out of memory", "3"))
    rows = player.kept()
    assert ["3"] == list(rows)
    assert (None, True) == (rows["3"].after, rows["3"].full)


def test_a_second_run_begins_where_the_first_ones_end_was_never_told(player):
    player.begin("a")
    player.start("3")
    player.whole("b")
    assert set(ORDER) == set(player.kept("b"))
    store = Store(player.path, writes=False)
    assert ["interrupted", "done"] == sorted((one.outcome for one in store.runs()), reverse=True)
    store.close()


def test_runs_of_one_workflow_are_known_by_their_graph_whatever_seed_and_text(player):
    other = text_to_image()
    other["3"]["inputs"]["seed"], other["6"]["inputs"]["text"] = 2, "a harbour"
    larger = text_to_image(width=1280)
    file = text_to_image("another.safetensors")
    graphs = []
    for number, prompt in enumerate([text_to_image(), other, larger, file]):
        player.whole(str(number), prompt)
    player.stop()
    store = Store(player.path, writes=False)
    graphs = [store.run(str(number)).graph for number in range(4)]
    store.close()
    assert graphs[0] == graphs[1]
    assert 3 == len(set(graphs))


def test_nothing_that_a_user_wrote_is_in_the_file(player):
    player.whole()
    player.kept()
    kept = b"".join(one.read_bytes() for one in player.path.parent.iterdir())
    assert b"KSampler" in kept
    assert b"lighthouse" not in kept and SDXL.encode() not in kept


def test_the_frontend_is_told_of_a_run_once_it_is_over(player, card):
    player.whole()
    rows = player.kept()
    ((name, what),) = card.said
    assert ("vram_forecast.run", "a", "done") == (name, what["run"], what["outcome"])
    assert [msgspec.to_builtins(rows[node]) for node in ORDER] == what["nodes"]


def test_what_ran_is_learned_and_the_next_forecast_is_a_measured_one(player, card):
    before = step_of(card, "3")
    truth = round(before.by_law.activations.best * 1.2)
    for number in range(4):
        end = AFTER._replace(peak=truth, reserved=truth, used=8 * GIB)
        player.whole(str(number), end=end)
    player.stop()
    forget()
    past.last.clear()
    after = step_of(card, "3")
    assert ("measured", False) == (after.activations.basis, before.activations.basis == "measured")
    assert after.activations.low <= truth <= after.activations.high
    assert after.by_law == before.by_law
