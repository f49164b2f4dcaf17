"""NVIDIA cards: by NVML, by `nvidia-smi`, and by neither."""

import sys
import time

import machine_fakes as fakes
import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine_fakes import MIB, memory, using
from vram_forecast.estimator.runtime.probe import asking, nvidia_smi, nvml, processes
from vram_forecast.estimator.runtime.probe.readings import Process

CARD = {
    "name": "NVIDIA GeForce RTX 3060",
    "uuid": "GPU-1",
    "memory": memory(12288, 6144),
    "capability": (8, 6),
    "gen": 4,
    "lanes": 8,
    "compute": [using(11, 500 * MIB)],
    "graphics": [using(11, 600 * MIB), using(12, 100 * MIB)],
}


@pytest.fixture
def library(monkeypatch):
    """Installs a stand-in for `pynvml`; processes have no name but the one NVML gives."""
    monkeypatch.setattr(processes, "seen", lambda pid: ("", []))
    return lambda module: monkeypatch.setitem(sys.modules, "pynvml", module)


@pytest.fixture
def tools(monkeypatch, tmp_path):
    """A folder for tools, the only one in which they are looked for beside the shell's own."""
    monkeypatch.setattr(processes, "seen", lambda pid: ("", []))
    monkeypatch.setenv("PATH", f"{tmp_path}/tools:/usr/bin:/bin")
    return tmp_path / "tools"


class TestNvml:
    def test_a_card_with_all_that_is_told(self, library):
        library(fakes.Nvml([CARD], [(11, b"/usr/bin/blender"), (12, "/usr/lib/xorg/Xorg")]))
        (card,) = nvml.cards("linux")
        assert ("NVIDIA GeForce RTX 3060", 12288 * MIB, 6144 * MIB) == (card.name, card.total, card.free)
        assert (8.6, 4, 8, "GPU-1") == (card.compute_capability, card.pcie_gen, card.pcie_lanes, card.uuid)

    def test_a_process_that_computes_and_draws_is_counted_once(self, library):
        library(fakes.Nvml([CARD], [(11, b"/usr/bin/blender"), (12, "/usr/lib/xorg/Xorg")]))
        (card,) = nvml.cards("linux")
        blender, xorg = Process(11, "Blender", 500 * MIB), Process(12, "the desktop (Xorg)", 100 * MIB)
        assert (blender, xorg) == card.processes

    @pytest.mark.parametrize("size", [None, (1 << 64) - 1])
    def test_windows_does_not_tell_how_much_a_process_holds(self, library, size):
        listed = CARD | {"compute": [using(7, size)], "graphics": []}
        library(fakes.Nvml([listed], [(7, r"C:\\Program Files\\Chrome\\chrome.exe")]))
        assert (Process(7, "Chrome", None),) == nvml.cards("windows")[0].processes

    def test_wsl_lists_no_process_which_is_not_the_same_as_none(self, library):
        library(fakes.Nvml([CARD | {"compute": [], "graphics": []}]))
        assert (None, ()) == (nvml.cards("wsl")[0].processes, nvml.cards("linux")[0].processes)

    def test_what_a_driver_refuses_is_not_known_and_the_rest_is(self, library):
        library(fakes.Nvml([{"name": b"Some Card", "memory": memory(8192, 100)}]))
        (card,) = nvml.cards("linux")
        assert ("Some Card", 8192 * MIB, None, None) == (
            card.name,
            card.total,
            card.compute_capability,
            card.processes,
        )

    def test_a_chip_that_works_in_ram_tells_no_size(self, library):
        library(fakes.Nvml([{"name": "NVIDIA GB10", "capability": (12, 1)}]))
        (card,) = nvml.cards("linux")
        assert (0, None) == (card.total, card.free)

    def test_a_card_that_fell_off_the_bus_leaves_the_others(self, library):
        library(fakes.Nvml([{}, CARD]))
        assert ["GPU-1"] == [card.uuid for card in nvml.cards("linux")]

    @pytest.mark.parametrize(
        "module", [None, fakes.Nvml([], nvmlInit=fakes.refuse), fakes.Nvml([]), object()]
    )
    def test_no_library_no_driver_no_card(self, library, module):
        library(module)
        assert () == nvml.cards("linux")

    def test_a_hung_driver_is_left_behind(self, library, monkeypatch):
        monkeypatch.setattr(asking, "seconds", lambda: 0.1)
        library(fakes.Nvml([CARD], nvmlInit=lambda: time.sleep(5)))
        began = time.monotonic()
        assert () == nvml.cards("linux")
        assert time.monotonic() - began < 2


def runs(pid):
    """Whether a process is there and is no remains of one."""
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


NEW = """0, GPU-1, NVIDIA GeForce RTX 3060, 12288, 10200, 8.6, 4, 16
1, GPU-2, Quadro K620, 2048, [N/A], 5.0, [N/A], 8"""
APPS = "GPU-1, 11, 500, /opt/My, Tool/blender\nGPU-1, 12, [N/A], C:\\Chrome\\chrome.exe\nGPU-1, [N/A], x"


class TestNvidiaSmi:
    def test_its_table_is_read(self, tools):
        script = f'case "$1" in *compute-apps*) {fakes.printing(APPS)}\n;; *) {fakes.printing(NEW)}\n;; esac'
        fakes.tool(tools, "nvidia-smi", script)
        first, second = nvidia_smi.cards("windows")
        assert (12288 * MIB, 10200 * MIB, 8.6, 4, 16) == (
            first.total,
            first.free,
            first.compute_capability,
            first.pcie_gen,
            first.pcie_lanes,
        )
        assert (Process(11, "Blender", 500 * MIB), Process(12, "Chrome", None)) == first.processes
        assert (1, 2048 * MIB, None, None, ()) == (
            second.index,
            second.total,
            second.free,
            second.pcie_gen,
            second.processes,
        )

    def test_an_old_driver_that_refuses_new_fields_is_asked_for_the_old_ones(self, tools):
        old = "0, GPU-1, GeForce GTX 1080, 8114, 7900"
        error = "echo 'Field \"compute_cap\" is not a valid field to query.'; exit 2"
        fakes.tool(
            tools, "nvidia-smi", f'case "$1" in *compute*) {error} ;; *) {fakes.printing(old)}\n;; esac'
        )
        (card,) = nvidia_smi.cards("linux")
        assert (8114 * MIB, None, None) == (card.total, card.compute_capability, card.processes)

    @pytest.mark.parametrize(
        "script",
        ["echo 'NVIDIA-SMI has failed because'; exit 9", "echo No devices were found", "",
         "kill -9 $$", "head -c 100000 /dev/urandom", "printf '0,,,,,,,\\n'"],
    )  # fmt: skip
    def test_whatever_else_it_does_there_is_no_card(self, tools, script):
        fakes.tool(tools, "nvidia-smi", script)
        assert () == nvidia_smi.cards("linux")

    @pytest.mark.parametrize(
        "script", ["exec sleep 20", "sleep 20", "sleep 20 &", "yes 0, GPU-1", "trap '' TERM; sleep 20"]
    )
    def test_one_that_hangs_or_has_no_end_is_ended(self, tools, monkeypatch, script):
        monkeypatch.setattr(asking, "seconds", lambda: 0.2)
        fakes.tool(tools, "nvidia-smi", script)
        began = time.monotonic()
        assert () == nvidia_smi.cards("linux")
        assert time.monotonic() - began < 5

    def test_what_a_hung_tool_started_is_ended_with_it(self, tools, tmp_path, monkeypatch):
        monkeypatch.setattr(asking, "seconds", lambda: 0.3)
        fakes.tool(tools, "nvidia-smi", f"sleep 20 &\necho $! > {tmp_path}/pid\nwait")
        assert () == nvidia_smi.cards("linux")
        pid = int((tmp_path / "pid").read_text())
        until = time.monotonic() + 3
        while runs(pid) and time.monotonic() < until:
            time.sleep(0.05)
        assert not runs(pid)

    @given(st.text())
    def test_no_table_breaks_the_reader(self, printed):
        for row in nvidia_smi.rows(printed, 8):
            assert nvidia_smi.card(row, None).total >= 0


class TestNames:
    @pytest.mark.parametrize(
        ("name", "arguments", "expected"),
        [
            ("chrome.exe", [], "Chrome"),
            ("python3.11", ["python", "main.py", "/home/me/ComfyUI"], "ComfyUI"),
            ("python.exe", ["python.exe", "-s", r"ComfyUI\\main.py", "C:\\"], "ComfyUI"),
            ("python", ["python", "train.py", "/home/me/ComfyUI"], "python"),
            ("Source", [], "Source"),
            ("", [], "process 5"),
        ],
    )
    def test_a_process_is_called_what_people_call_it(self, monkeypatch, name, arguments, expected):
        monkeypatch.setattr(processes, "seen", lambda pid: (name, arguments))
        assert expected == processes.name_of(5)

    def test_a_process_that_has_ended_has_no_name(self):
        assert ("", []) == processes.seen(1 << 40)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.text())))
def test_a_size_is_a_number_that_memory_can_have_or_nothing(value):
    found = asking.whole(value, MIB)
    assert found is None or 0 <= found < 1 << 60
