"""The recorder: what ran comes out of the store beside its forecast, and nothing in it touches the run."""

import logging
import time

import at_host
import msgspec
import pytest
from at_host import SDXL, forget, recorded, text_to_image
from vram_forecast.estimator.history.rows import Done
from vram_forecast.estimator.history.store import HistoryError, Store
from vram_forecast.estimator.units import GIB, MIB
from vram_forecast.nodes import answers, host, record
from vram_forecast.nodes.answers import past
from vram_forecast.nodes.answers.machine import machine, setup
from vram_forecast.nodes.host import Ended, Memory
from vram_forecast.nodes.record import journal, recorder, said, writer

DONE = Ended("done")
QUIET = Memory(allocated=0, peak=0, reserved=0, retries=0, used=2 * GIB, ram_used=5 * GIB)
AFTER = QUIET._replace(peak=3 * GIB, reserved=3 * GIB, used=5 * GIB)
ORDER = ("4", "5", "6", "3", "8", "9")


@pytest.fixture
def comfyui(monkeypatch, tmp_path, sparse_model):
    """A ComfyUI on a card, with SDXL on disk."""
    forget()
    past.last.clear()
    said.said.clear()
    sparse_model("sd_xl_base_1.0", tmp_path / "models" / "checkpoints" / SDXL)
    found = recorded(tmp_path / "models")
    found.memories = [QUIET]
    monkeypatch.setattr(host, "host", lambda: found)
    return found


class Player:
    """Plays runs to a recorder, as ComfyUI would tell of them, and reads what was kept."""

    def __init__(self, comfyui, path):
        self.host, self.path = comfyui, path
        self.stop = recorder.start(comfyui, path)
        (self.listener,) = comfyui.listeners
        self.many = 0

    def begin(self, run="a", prompt=None):
        self.run, self.many = run, self.many + 1
        self.listener.prompt_started(run, prompt or text_to_image(), ("9",))

    def start(self, node, real="", before=QUIET):
        self.host.memories = [before]
        self.listener.node_started(node, real or node)

    def finish(self, node, end=AFTER):
        self.host.memories = [end]
        self.listener.node_finished(node)

    def node(self, node, real="", before=QUIET, end=AFTER):
        self.start(node, real, before)
        self.finish(node, end)

    def over(self, ended=DONE, end=AFTER):
        self.host.memories = [end]
        self.listener.prompt_ended(self.run, ended)

    def whole(self, run="a", prompt=None, end=AFTER, progress=()):
        """A run of every node, the sampler of which is told to have progressed at these seconds."""
        self.begin(run, prompt)
        for node in ORDER:
            self.start(node)
            for step in range(len(progress) if node == "3" else 0):
                self.listener.node_progressed(node, step + 1, len(progress))
            self.finish(node, end)
        self.over()

    def kept(self, run="a"):
        """The rows of a run by node, once all is written and the recorder has ended."""
        self.stop()
        store = Store(self.path, writes=False)
        try:
            rows = store.nodes(run)
            self.ran = store.run(run)
            assert len(rows) == len({row.node for row in rows})
            return {row.node: row for row in rows}
        finally:
            store.close()


@pytest.fixture
def player(comfyui):
    made = Player(comfyui, past.file())
    yield made
    made.stop()


@pytest.fixture
def clock(monkeypatch):
    """Seconds as a test says them."""
    now = [1000.0]
    monkeypatch.setattr(recorder.time, "perf_counter", lambda: now[0])
    return now


def forecast_of(comfyui):
    return answers.checked(text_to_image(), outputs=("9",)).forecast


def step_of(comfyui, node):
    (step,) = [one for one in forecast_of(comfyui).steps if one.node == node and one.by_law]
    return step


def test_a_run_is_kept_whole_with_its_forecast_and_the_machine(player, comfyui):
    player.whole()
    rows = player.kept()
    assert set(ORDER) == set(rows)
    forecast = forecast_of(comfyui)
    ran = player.ran
    assert ("done", "", forecast.verdict) == (ran.outcome, ran.node, ran.verdict)
    assert (forecast.vram_peak, forecast.seconds) == (ran.vram_peak, ran.forecast_seconds)
    assert setup(machine(comfyui.look())) == ran.setup
    assert 32 == len(ran.graph)
    assert abs(time.time() - ran.began) < 60
    assert ran.seconds is not None


def test_a_node_is_kept_as_it_was_forecast_and_measured(player, comfyui, clock):
    player.begin()
    player.start("3", before=QUIET._replace(allocated=100 * MIB))
    clock[0] += 7.5
    player.finish("3", AFTER._replace(allocated=200 * MIB))
    player.over()
    row, step = player.kept()["3"], step_of(comfyui, "3")
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
        ram_used=5 * GIB,
    )
    assert step.law and step.by_law.seconds
    assert 1 == comfyui.forgotten


def test_seconds_of_a_pass_are_the_middle_of_a_samplers_steps_without_the_first(player, comfyui, clock):
    assert 20 == step_of(comfyui, "3").passes
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
    assert (None, None, None, None) == (row.before, row.peak, row.after, row.used)
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


def test_a_run_without_a_forecast_is_kept(player, monkeypatch):
    monkeypatch.setattr(answers, "checked", broken)
    player.whole()
    row = player.kept()["3"]
    assert ("", None, "") == (player.ran.verdict, player.ran.vram_peak, row.law)
    assert 3 * GIB == row.peak


def test_a_forecast_that_hangs_is_not_waited_for(player, monkeypatch):
    real = journal.rules()
    monkeypatch.setattr(journal, "rules", lambda: real | {"forecast_seconds": 0.05})
    monkeypatch.setattr(answers, "checked", lambda *given, **options: time.sleep(1))
    player.whole()
    assert "" == player.kept()["3"].law
    assert "done" == player.ran.outcome


def test_the_frontend_is_told_of_a_run_once_it_is_over(player, comfyui):
    player.whole()
    rows = player.kept()
    ((name, what),) = comfyui.said
    assert ("vram_forecast.run", "a", "done") == (name, what["run"], what["outcome"])
    assert [msgspec.to_builtins(rows[node]) for node in ORDER] == what["nodes"]


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


def settled(player):
    """Until the frontend was told of every run, after which nothing more of them is written."""
    end = time.monotonic() + 20
    while len(player.host.said) < player.many and time.monotonic() < end:
        time.sleep(0.01)
    assert player.many == len(player.host.said)


def test_a_peak_that_was_not_begun_anew_is_none(player, comfyui, monkeypatch):
    monkeypatch.setattr(comfyui, "forget_peak", broken)
    player.whole()
    assert player.kept()["3"].peak is None


def test_what_comes_too_fast_is_dropped_counted_and_said_once(comfyui, monkeypatch, caplog):
    real, go = journal.rules(), []
    monkeypatch.setattr(journal, "rules", lambda: real | {"waiting": 3})
    monkeypatch.setattr(journal.Journal, "foreseen", lambda *given: wait_for(go))
    player = Player(comfyui, past.file())
    player.begin()
    wait_for([player.listener.writer.rules], lambda one: bool(one.writer.rules), player.listener)
    for number in range(10):
        player.node(str(number))
    player.over()
    go.append(True)
    with caplog.at_level(logging.WARNING, "vram_forecast"):
        rows = player.kept()
    assert "done" == player.ran.outcome
    assert 0 < len(rows) < 10
    said_of = [one.getMessage() for one in caplog.records if "too fast" in one.getMessage()]
    assert [f"VRAM Forecast: {10 - len(rows)} readings came too fast to be recorded"] == said_of


def wait_for(go, ready=lambda one: bool(one), what=None):
    """Until something is there; fails where it never is."""
    end = time.monotonic() + 20
    while not ready(what if what is not None else go):
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


def test_what_ran_is_learned_and_the_next_forecast_is_a_measured_one(player, comfyui):
    before = step_of(comfyui, "3")
    truth = round(before.by_law.activations.best * 1.2)
    for number in range(4):
        end = AFTER._replace(peak=truth, reserved=truth, used=8 * GIB)
        player.whole(str(number), end=end)
    player.stop()
    forget()
    past.last.clear()
    after = step_of(comfyui, "3")
    assert ("measured", False) == (after.activations.basis, before.activations.basis == "measured")
    assert after.activations.low <= truth <= after.activations.high
    assert after.by_law == before.by_law


def test_recording_is_turned_off_by_the_environment(comfyui, monkeypatch):
    monkeypatch.setenv(record.VARIABLE, "off")
    assert record.register_recorder() is None
    assert [] == comfyui.listeners


def test_a_comfyui_with_no_place_to_listen_is_one_line_in_the_log(comfyui, monkeypatch, caplog):
    def renamed(listener):
        raise host.Renamed("add_progress_handler")

    monkeypatch.setattr(comfyui, "watch", renamed)
    assert record.register_recorder() is None
    (line,) = [one for one in caplog.records if "not recorded" in one.getMessage()]
    assert "add_progress_handler" in line.getMessage()


def test_nothing_is_opened_before_the_first_run(comfyui):
    stop = record.register_recorder()
    assert 1 == len(comfyui.listeners)
    assert not past.file().exists()
    stop()
    assert [] == comfyui.listeners
