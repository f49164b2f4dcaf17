"""A tracing process that is killed, hangs, fills memory or talks rubbish is a problem; nothing is left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import psutil
import pytest
from vram_forecast.estimator.costs.lookup import shipped
from vram_forecast.estimator.trace import process
from vram_forecast.estimator.trace.process import Bounds
from vram_forecast.estimator.trace.request import Answer, Request, ask

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals; run it on Linux or macOS")

ASKED = Request(comfyui="/nowhere", role="vae", tensors={})
SOON = Bounds(seconds=1.0)
LATER = Bounds(seconds=60.0)
# A process as the real one begins, which then does nothing for a minute. {}: where it says its number.
SLEEPER = (
    "import sys, os, time, threading; sys.path.insert(0, sys.argv[1]); from estimator.trace import apart; "
    "{guard}; print(os.getpid(), file=open({place!r}, 'w'), flush=True); time.sleep(60)"
)


@pytest.fixture
def does(monkeypatch, torch):
    """Has the process do something else."""
    return lambda code: monkeypatch.setattr(process, "START", code)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def within(seconds: float, so) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if so():
            return True
        time.sleep(0.02)
    return bool(so())


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import os; os.kill(os.getpid(), 9)", "died"),
        ("import os; os.abort()", "died"),
        ("import time; time.sleep(60)", "time"),
        ("import sys\nwhile True: print('rubbish' * 1000, file=sys.stderr)", "time"),
        ("import sys\nwhile True: print('rubbish' * 1000)", "time"),
        ("raise MemoryError", "memory"),
        ("import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (2, 15)]; time.sleep(60)", "time"),
    ],
)
def test_a_process_that_ends_badly_or_not_at_all_is_a_problem(does, code, why):
    does(code)
    begun = time.monotonic()
    answer = ask(ASKED, SOON)
    assert (why, True, ()) == (answer.why, bool(answer.problem), answer.laws)
    assert time.monotonic() - begun < 5
    assert 1 == len(answer.problem.splitlines()) and len(answer.problem) < 700


def test_a_process_is_held_to_the_memory_that_it_may_take(does):
    start = "import sys; sys.path.insert(0, sys.argv[1]); from estimator.trace import apart; "
    does(start + "apart.take_at_most(int(sys.argv[4])); held = bytearray(2**30)")
    assert "memory" == ask(ASKED, Bounds(30, memory=2**28)).why


def test_where_the_system_does_not_hold_it_the_parent_looks(does):
    does("held = b'x' * 2**29; import time; time.sleep(60)")
    assert "memory" == ask(ASKED, Bounds(30, memory=2**28)).why


def test_answers_that_are_no_laws_are_not_believed(does):
    law = shipped("sdxl")[0]
    unfit = msgspec.structs.replace(law, pieces=((1.0,),))
    endless = msgspec.structs.replace(law, pieces=(tuple(1e308 for _ in law.features),))
    nothing = msgspec.structs.replace(law, pieces=(tuple(-1.0 for _ in law.features),))
    bad = [Answer(version="1", laws=(one,)) for one in (unfit, endless, nothing)]
    texts = [b"", b"{", b"3", b"\xff", b'{"laws":[3]}', b"[" * 10**5, *map(msgspec.json.encode, bad)]
    for text in texts:
        does(f"import sys; open(sys.argv[-1], 'wb').write({text!r})")
        assert "died" == ask(ASKED, LATER).why
    does(f"import sys; open(sys.argv[-1], 'wb').write({msgspec.json.encode(Answer(laws=(law,)))!r})")
    assert (law,) == ask(ASKED, LATER).laws


def test_a_process_that_never_reads_its_request_keeps_nobody_waiting(does):
    does("import time; time.sleep(60)")
    large = Request(comfyui="x" * 2**22, role="vae", tensors={})
    begun = time.monotonic()
    assert "time" == ask(large, SOON).why
    assert time.monotonic() - begun < 3


def test_an_answer_without_an_end_is_not_read(does, monkeypatch):
    monkeypatch.setattr(process, "ANSWER", 1000)
    does("import sys; open(sys.argv[-1], 'wb').write(b' ' * 2000 + b'{}')")
    assert "died" == ask(ASKED, LATER).why


def test_a_process_that_is_wanted_no_more_is_gone_with_its_children_at_once(does, tmp_path):
    place = tmp_path / "pids"
    does(
        "import os, subprocess, time; child = subprocess.Popen(['sleep', '60']);"
        f"open({str(place)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}'); time.sleep(60)"
    )
    unwanted: list[float] = []

    def wanted() -> bool:
        if place.exists() and place.read_text().count(" ") and not unwanted:
            unwanted.append(time.monotonic())
        return not unwanted

    answer = ask(ASKED, LATER, wanted)
    took = time.monotonic() - unwanted[0]
    assert ("unwanted", True) == (answer.why, took < 0.5)
    pids = list(map(int, place.read_text().split()))
    assert within(0.5, lambda: not any(map(alive, pids)))


@pytest.mark.parametrize(
    "guard",
    [
        "apart.end_with(int(sys.argv[2]))",
        "threading.Thread(target=apart.end_at_close, daemon=True).start(); sys.stdin",
    ],
    ids=["by its parent's death", "by its stdin's end"],
)
def test_a_process_ends_with_a_parent_that_is_killed(root, tmp_path, torch, guard):
    if "end_with" in guard and sys.platform != "linux":
        pytest.skip("prctl is Linux's; the other way is tried everywhere")
    place = tmp_path / "pid"
    code = SLEEPER.format(guard=guard, place=str(place))
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(root)!r});"
            f"from estimator.trace import process; process.START = {code!r};"
            "from estimator.trace.request import Request, ask;"
            "ask(Request(comfyui='', role='vae', tensors={}))",
        ]
    )
    try:
        assert within(20, lambda: place.exists() and place.read_text().strip())
        worker = int(place.read_text())
        assert alive(worker)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert within(1.0, lambda: not alive(worker))
    finally:
        parent.kill()
        parent.wait()


def test_the_process_steps_back_and_sees_no_card(does, tmp_path):
    place = tmp_path / "told"
    does(
        "import sys, os; sys.path.insert(0, sys.argv[1]); from estimator.trace import apart;"
        "apart.give_way(int(sys.argv[3]));"
        f"open({str(place)!r}, 'w').write(f'{{os.nice(0)}} [{{os.environ[\"CUDA_VISIBLE_DEVICES\"]}}]')"
    )
    ask(ASKED, Bounds(30, nice=19))
    assert "19 []" == place.read_text() and os.nice(0) < 19


def renamed(folder: Path) -> Path:
    """A ComfyUI whose classes are not where they were."""
    (folder / "comfy").mkdir(parents=True)
    (folder / "comfy" / "__init__.py").touch()
    (folder / "comfy" / "cli_args.py").write_text("class args: cpu = False\n")
    (folder / "comfy" / "model_management.py").write_text("class CPUState: GPU = 0\n")
    (folder / "comfyui_version.py").write_text('__version__ = "9.0.0"\n')
    return folder


def test_a_comfyui_whose_classes_were_renamed_is_a_problem_in_one_line(tmp_path, torch):
    asked = Request(comfyui=str(renamed(tmp_path / "comfyui")), role="diffusion_model", tensors={})
    answer = ask(asked, LATER)
    assert ("refused", 1) == (answer.why, len(answer.problem.splitlines()))
    assert "Error" in answer.problem
