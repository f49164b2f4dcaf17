"""The background tracer: when it works, when it stands back, and what becomes of failures."""

import logging
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import msgspec
import pytest
from headers import lay
from vram_forecast.estimator import facts
from vram_forecast.estimator.costs.law import Shape
from vram_forecast.estimator.costs.lookup import cost, settled, shipped
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.trace import due, process
from vram_forecast.estimator.trace.file import keep
from vram_forecast.estimator.trace.ledger import Ledger
from vram_forecast.estimator.trace.request import Answer
from vram_forecast.nodes import tracing
from vram_forecast.nodes.tracing import background, tracer
from vram_forecast.nodes.tracing.tracer import Tracer

NEWER = "0.34.0"
PICTURE = Shape(2, 4, 1, 128, 128, 77)


class FakeHost:
    """A ComfyUI of a version, that is busy when the test says so."""

    def __init__(self, version=NEWER, checkout="/nowhere"):
        self.version, self.folder, self.running = version, checkout, False

    def look(self):
        return SimpleNamespace(comfy=self.version)

    def checkout(self):
        return self.folder

    def busy(self):
        return self.running


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """A cache folder of the test's own, and no waiting."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    real = dict(facts.table("comfyui_side")["tracing"]) | {"quiet": 0.3, "often": 0.05}
    monkeypatch.setattr(tracer, "setting", real.__getitem__)
    return real


@pytest.fixture
def sdxl(sparse_model, tmp_path):
    return sparse_model("sd_xl_base_1.0", tmp_path / "sdxl.safetensors")


def law_of(version, factor=1.0):
    """SDXL's law, as another version might have it."""
    known = next(one for one in shipped("sdxl") if (one.operation, one.storage) == ("forward", "native"))
    pieces = tuple(tuple(c * factor for c in piece) for piece in known.pieces)
    return msgspec.structs.replace(known, versions=(version,), commits=("",), pieces=pieces)


def answered(*laws):
    return Answer(version=NEWER, kind={"comfy_class": "SDXL"}, laws=laws or (law_of(NEWER),))


def wants(one, path, role="diffusion_model"):
    one.want({(path, role)})
    return one


def works(one) -> Tracer:
    """A tracer whose thread runs, as ComfyUI has it."""
    threading.Thread(target=one.run, daemon=True).start()
    return one


def within(seconds, so) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not so():
        time.sleep(0.02)
    return bool(so())


def states(one):
    return [model["state"] for model in one.state()["models"]]


@pytest.mark.parametrize(
    ("version", "file", "expected"),
    [
        ("0.33.0", "sd_xl_base_1.0", False),
        ("0.3.75", "sd_xl_base_1.0", False),
        ("0.18.1", "sd_xl_base_1.0", False),  # traced before and after it, and the same
        ("0.34.0", "sd_xl_base_1.0", True),
        ("0.33.0", "flux1-dev", False),
        ("0.18.1", "flux1-dev", True),  # 0.3.75 and 0.33.0 differ
        ("0.34.0", "flux1-dev", True),
    ],
)
def test_a_trace_is_due_where_no_law_is_of_this_version(sparse_model, tmp_path, version, file, expected):
    path = sparse_model(file, tmp_path / "m.safetensors")
    assert expected == (due.due(path, "diffusion_model", version) is not None)
    assert due.due(path, "text_encoder", version) is None


def test_the_least_known_comes_first(sdxl, tmp_path):
    few = {n: v for n, v in facts.header("flux1-dev")["tensors"].items() if "_blocks.7." not in n}
    strange = due.due(lay(tmp_path / "x.safetensors", few), "diffusion_model", NEWER)
    known, vae = (due.due(sdxl, role, NEWER) for role in ("diffusion_model", "vae"))
    assert [strange, known, vae] == sorted([vae, known, strange], key=lambda one: one.urgency)


def paid(path, version):
    component = next(c for c in identify(read(path)).components if c.role == "diffusion_model")
    found = cost(component.cost_table, "forward", PICTURE, comfy=version, storage="native", compute_bytes=2)
    return found.activations


def test_a_law_of_another_version_stands_in_and_is_marked_until_a_trace_is_done(sdxl):
    stands_in, own = paid(sdxl, NEWER), paid(sdxl, "0.33.0")
    assert ("modelled", "traced") == (stands_in.basis, own.basis)
    assert stands_in.high - stands_in.low > own.high - own.low
    component = next(c for c in identify(read(sdxl)).components if c.role == "diffusion_model")
    keep(component, answered(law_of(NEWER, 2.0)))
    traced = paid(sdxl, NEWER)
    assert ("traced", 2 * own.best) == (traced.basis, pytest.approx(traced.best, rel=1e-6))
    assert own.best == paid(sdxl, "0.33.0").best  # the older version's law is the table's still
    assert due.due(sdxl, "diffusion_model", NEWER) is None


def test_after_an_update_of_comfyui_an_old_trace_is_an_older_law_and_a_new_one_is_due(sdxl):
    component = next(c for c in identify(read(sdxl)).components if c.role == "diffusion_model")
    keep(component, answered(law_of(NEWER, 2.0)))
    updated = paid(sdxl, "0.35.0")
    assert ("modelled", paid(sdxl, NEWER).best) == (updated.basis, updated.best)
    assert due.due(sdxl, "diffusion_model", "0.35.0") is not None
    newest = msgspec.structs.replace(answered(law_of("0.35.0", 3.0)), version="0.35.0")
    keep(component, newest)
    kept = [law["versions"] for law in facts.learned(component.architecture)["laws"]]
    assert [["0.35.0"], [NEWER]] == kept
    assert "traced" == paid(sdxl, "0.35.0").basis == paid(sdxl, NEWER).basis


def test_broken_and_unsound_files_of_what_was_traced_count_as_none(sdxl):
    component = next(c for c in identify(read(sdxl)).components if c.role == "diffusion_model")
    before = paid(sdxl, "0.33.0")
    unsound = msgspec.structs.replace(law_of("0.33.0"), pieces=((1.0,),))
    for content in ({"laws": [msgspec.to_builtins(unsound)]}, {"laws": [3]}, {"kind": {}, "comfyui": "x"}):
        facts.learn(component.architecture, content)
        assert before == paid(sdxl, "0.33.0")
        assert settled(f"sdxl@{component.architecture}", "0.33.0")


def test_nothing_begins_while_a_prompt_runs_or_waits(sdxl, monkeypatch):
    host, asked = FakeHost(), []
    host.running = True
    one = Tracer(host)
    monkeypatch.setattr(one, "ask", lambda request: asked.append(request) or answered())
    works(wants(one, sdxl))
    time.sleep(1)
    assert [] == asked
    host.running = False
    assert within(5, lambda: "done" in states(one))
    assert 1 == len(asked)


def test_a_run_that_begins_has_the_process_gone_in_half_a_second_and_it_is_taken_up_again(
    sdxl, monkeypatch, tmp_path, torch
):
    place = tmp_path / "pids"
    code = f"import os, time; print(os.getpid(), file=open({str(place)!r}, 'a')); time.sleep(60)"
    monkeypatch.setattr(process, "START", code)
    host = FakeHost()
    one = works(wants(Tracer(host), sdxl))

    def pids():
        return place.read_text().split() if place.exists() else []

    assert within(10, lambda: len(pids()) == 1)
    host.running = True
    assert within(0.5, lambda: is_gone(pids()[0]))
    time.sleep(0.6)
    assert (["waiting"], 1) == (states(one), len(pids()))
    host.running = False
    assert within(10, lambda: len(pids()) == 2)
    host.running = True  # so that nothing is left behind


def is_gone(pid) -> bool:
    import psutil

    return not psutil.pid_exists(int(pid)) or psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE


def test_what_prompts_break_off_too_often_is_left(sdxl, monkeypatch, own_cache):
    own_cache["interruptions"] = 2
    one = Tracer(FakeHost())
    monkeypatch.setattr(one, "ask", lambda request: Answer(problem="stopped", why="unwanted"))
    works(wants(one, sdxl))
    assert within(5, lambda: states(one) == ["failed"])


def test_a_failure_is_said_once_and_not_tried_again_with_this_version(sdxl, monkeypatch, caplog):
    asked = []

    def ask(request):
        asked.append(request)
        return Answer(problem="ImportError: cannot import name 'x' from 'comfy'", why="refused")

    with caplog.at_level(logging.WARNING, "vram_forecast"):
        for version in (NEWER, NEWER, "0.35.0"):
            one = Tracer(FakeHost(version))
            monkeypatch.setattr(one, "ask", ask)
            works(wants(wants(one, sdxl), sdxl))
            assert within(5, lambda one=one: states(one) == ["failed"])
    assert 2 == len(asked)  # once for each version
    assert 2 == caplog.text.count("the tables' laws are used")
    assert "modelled" == paid(sdxl, NEWER).basis


def test_no_more_than_so_many_a_day(sdxl, monkeypatch, own_cache):
    own_cache["a_day"] = 1
    Ledger().note("another", NEWER, "")
    one = Tracer(FakeHost())
    monkeypatch.setattr(one, "ask", lambda request: pytest.fail("traced"))
    works(wants(one, sdxl))
    time.sleep(1)
    assert ["waiting"] == states(one)


def test_two_comfyuis_on_one_cache_trace_one_at_a_time_and_once(sdxl, monkeypatch):
    asked, go_on = [], threading.Event()

    def ask(request):
        asked.append(request)
        go_on.wait(10)
        return answered()

    both = [Tracer(FakeHost()), Tracer(FakeHost())]
    for one in both:
        monkeypatch.setattr(one, "ask", ask)
        works(wants(one, sdxl))
    assert within(5, lambda: len(asked) == 1)
    time.sleep(1)
    assert 1 == len(asked)
    state = facts.learned_state()
    go_on.set()
    assert within(5, lambda: [states(one) for one in both] == [["done"], ["done"]])
    assert 1 == len(asked)
    assert state != facts.learned_state()  # answers that were kept by it are gone


def test_the_lock_of_a_process_that_was_killed_is_free(root):
    code = (
        f"import sys, time; sys.path.insert(0, {str(root)!r})\n"
        "from estimator.trace.ledger import Ledger\n"
        "with Ledger().alone() as alone: print(alone, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert "True" == other.stdout.readline().strip()
        with Ledger().alone() as alone:
            assert not alone
        other.kill()
        other.wait()
        with Ledger().alone() as alone:
            assert alone


def test_a_file_that_is_broken_or_gone_is_no_matter(tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"{")
    one = wants(wants(Tracer(FakeHost()), broken), tmp_path / "gone.safetensors")
    one.step()
    assert ("idle", {}) == (one.state()["now"], one.waiting)


def test_a_comfyui_that_does_not_say_whether_it_is_busy_traces_nothing(sdxl, monkeypatch, caplog):
    host = FakeHost()
    monkeypatch.setattr(host, "busy", lambda: 1 / 0)
    one = wants(Tracer(host), sdxl)
    assert [False] * 3 == [one.quiet() for _ in range(3)]
    assert 1 == caplog.text.count("does not say whether it is busy")


def test_without_a_place_to_write_a_model_is_tried_once(sdxl, monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    asked = []
    one = Tracer(FakeHost())
    monkeypatch.setattr(one, "ask", lambda request: asked.append(request) or answered())
    works(wants(one, sdxl))
    assert within(5, lambda: states(one) == ["done"])
    one.seen.clear()
    wants(one, sdxl)
    time.sleep(1)
    assert 1 == len(asked)


def test_a_check_never_waits_for_it_and_it_can_be_switched_off(sdxl, monkeypatch):
    component = SimpleNamespace(file="sdxl.safetensors", role="diffusion_model")
    monkeypatch.setattr(background, "tracer", lambda: pytest.fail("asked"))
    monkeypatch.setenv(background.SWITCH, "off")
    tracing.wanted([component], {"sdxl.safetensors": sdxl})
    monkeypatch.delenv(background.SWITCH)
    tracing.wanted([component], {})  # its file is not there
    monkeypatch.setattr(background, "tracer", lambda: 1 / 0)
    tracing.wanted([component], {"sdxl.safetensors": sdxl})  # whatever is wrong, the check goes on
