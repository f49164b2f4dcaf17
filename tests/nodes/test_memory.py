"""What is told of memory on each kind of device, with a stand-in for torch, and what a driver can spoil."""

import logging
import sys
from types import SimpleNamespace

import pytest
from vram_forecast.nodes.host import Memory, memory, serving
from vram_forecast.nodes.host.recorded import RecordedHost

STATS = {
    "allocated_bytes.all.current": 5,
    "allocated_bytes.all.peak": 9,
    "reserved_bytes.all.current": 10,
    "num_alloc_retries": 2,
}


def broken(*args):
    raise RuntimeError("CUDA error: unspecified launch failure")


@pytest.fixture
def computer(monkeypatch):
    """A computer of 100 bytes with 60 free, and a device of the kind that `torch` is then given."""
    monkeypatch.setattr(memory, "failed", set())
    torch, management = SimpleNamespace(), SimpleNamespace()
    psutil = SimpleNamespace(virtual_memory=lambda: SimpleNamespace(total=100, available=60))
    comfy = SimpleNamespace(model_management=management)
    modules = {"torch": torch, "psutil": psutil, "comfy": comfy, "comfy.model_management": management}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)

    def with_device(kind, **functions):
        management.get_torch_device = lambda: SimpleNamespace(type=kind)
        setattr(torch, kind, SimpleNamespace(**functions))

    return SimpleNamespace(with_device=with_device, management=management, psutil=psutil)


def cuda(**changed):
    """torch's module for NVIDIA and AMD cards: 30 bytes of which 12 are free."""
    whole = {
        "memory_stats": lambda device: STATS,
        "mem_get_info": lambda device: (12, 30),
        "get_allocator_backend": lambda: "native",
        "reset_peak_memory_stats": lambda device: None,
    }
    return whole | changed


def test_a_card_of_cuda_or_hip_tells_everything(computer):
    computer.with_device("cuda", **cuda())
    assert Memory(allocated=5, peak=9, reserved=10, retries=2, used=18, ram_used=40) == memory.memory()


def test_an_allocator_that_counts_no_retries_does_not_tell_of_none(computer):
    computer.with_device("cuda", **cuda(get_allocator_backend=lambda: "cudaMallocAsync"))
    assert (9, None) == (memory.memory().peak, memory.memory().retries)


def test_an_intel_card_tells_what_its_version_of_torch_keeps(computer):
    kept = {name: value for name, value in STATS.items() if name != "num_alloc_retries"}
    computer.with_device("xpu", memory_stats=lambda device: kept)
    assert Memory(5, 9, 10, None, None, 40) == memory.memory()


def test_apples_tells_of_this_process_alone_and_of_no_peak(computer):
    computer.with_device("mps", current_allocated_memory=lambda: 5, driver_allocated_memory=lambda: 7)
    assert Memory(5, None, 7, None, None, 40) == memory.memory()


@pytest.mark.parametrize("kind", ["cpu", "privateuseone", "mps", "xpu"])
def test_a_device_that_tells_nothing_leaves_the_computers_memory(computer, kind):
    computer.with_device(kind)
    assert Memory(None, None, None, None, None, 40) == memory.memory()


def test_the_cpu_is_not_asked_as_a_card_is(computer):
    computer.with_device("cpu", **cuda())
    assert Memory(None, None, None, None, None, 40) == memory.memory()


@pytest.mark.parametrize(
    ("fails", "left"),
    [
        ("memory_stats", Memory(None, None, None, None, 18, 40)),
        ("mem_get_info", Memory(5, 9, 10, 2, None, 40)),
        ("get_allocator_backend", Memory(5, 9, 10, None, 18, 40)),
    ],
)
def test_a_failing_driver_costs_its_own_figures_and_one_line(computer, caplog, fails, left):
    computer.with_device("cuda", **cuda(**{fails: broken}))
    assert [left] * 3 == [memory.memory() for _ in range(3)]
    (told,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert "RuntimeError" in told.getMessage()


def test_a_failing_apple_driver_costs_its_own_figure(computer):
    computer.with_device("mps", current_allocated_memory=broken, driver_allocated_memory=lambda: 7)
    assert (None, 7) == (memory.memory().allocated, memory.memory().reserved)


def test_a_device_that_cannot_be_named_leaves_the_computers_memory(computer):
    computer.management.get_torch_device = broken
    assert Memory(None, None, None, None, None, 40) == memory.memory()
    assert not memory.forget_peak()


def test_where_not_even_the_computer_tells_there_is_no_memory(computer):
    computer.with_device("cuda", **cuda())
    computer.psutil.virtual_memory = broken
    assert memory.memory() is None


@pytest.mark.parametrize("kind", ["cuda", "xpu"])
def test_a_peak_is_forgotten_where_one_is_kept(computer, kind):
    forgotten = []
    computer.with_device(kind, reset_peak_memory_stats=lambda device: forgotten.append(device.type))
    assert memory.forget_peak()
    assert [kind] == forgotten


@pytest.mark.parametrize("kind", ["cpu", "mps", "privateuseone"])
def test_where_no_peak_is_kept_there_is_nothing_to_forget(computer, caplog, kind):
    computer.with_device(kind)
    assert not memory.forget_peak()
    assert not caplog.records


def test_a_peak_that_cannot_be_forgotten_costs_one_line(computer, caplog):
    computer.with_device("cuda", **cuda(reset_peak_memory_stats=broken))
    assert (False, False) == (memory.forget_peak(), memory.forget_peak())
    assert 1 == len(caplog.records)


def test_an_event_goes_to_all_frontends(monkeypatch):
    sent = []
    monkeypatch.setattr(serving, "server", lambda: SimpleNamespace(send_sync=lambda *told: sent.append(told)))
    serving.tell("vram_forecast.ran", {"run": "p"})
    assert [("vram_forecast.ran", {"run": "p"})] == sent


def test_an_event_that_cannot_be_sent_is_a_line_for_debugging(monkeypatch, caplog):
    monkeypatch.setattr(serving, "server", lambda: SimpleNamespace(send_sync=broken))
    with caplog.at_level(logging.DEBUG, "vram_forecast"):
        serving.tell("vram_forecast.ran", {})
    assert [logging.DEBUG] == [one.levelno for one in caplog.records]


def test_a_recorded_host_keeps_what_is_told():
    host = RecordedHost({})
    host.tell("vram_forecast.ran", {"run": "p"})
    assert [("vram_forecast.ran", {"run": "p"})] == host.said
