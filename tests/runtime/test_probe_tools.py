"""What the tools of AMD, Intel and Apple print, what Windows' registry holds, and a whole machine of them."""

import math
import sys
import time
from types import SimpleNamespace

import machine_fakes as fakes
import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine_fakes import MIB
from vram_forecast.estimator.runtime.probe import Here, amd, apple, asking, here, intel, memory, windows

GIB = 1 << 30
# After the tools' own documentation and tests of public programs that read them (github.com/henrygd/beszel).
AMD_STATIC = """[{"gpu": 0, "asic": {"market_name": "AMD Radeon RX 7900 XTX", "vendor_id": "0x1002",
 "target_graphics_version": "gfx1100"}, "vram": {"type": "GDDR6", "size": {"value": 24560, "unit": "MB"}}}]"""
AMD_METRIC = """[{"gpu": 0, "mem_usage": {"total_vram": {"value": 24560, "unit": "MB"},
 "used_vram": {"value": 1500, "unit": "MB"}, "free_vram": {"value": 23060, "unit": "MB"}}}]"""
ROCM = """WARNING: AMD GPU device(s) is/are in a low-power state.
{"card0": {"VRAM Total Memory (B)": "25753026560", "VRAM Total Used Memory (B)": "1572864000",
 "Card Series": "AMD Radeon RX 7900 XTX", "GFX Version": "gfx1100"}, "system": {"Driver version": "6.10"}}"""
XPU_LIST = '{"device_list": [{"device_id": 0, "device_name": "Intel(R) Arc(TM) B580 Graphics"}]}'
XPU_ONE = """{"device_id": 0, "device_name": "Intel(R) Arc(TM) B580 Graphics", "uuid": "u-1",
 "memory_physical_size_byte": "12809404416", "memory_free_size_byte": "12000000000",
 "pci_bdf_address": "0000:03:00.0"}"""


@pytest.fixture
def tools(monkeypatch, tmp_path):
    """A folder for tools, the only one in which they are looked for beside the shell's own."""
    monkeypatch.setenv("PATH", f"{tmp_path}/tools:/usr/bin:/bin")
    return tmp_path / "tools"


@pytest.mark.parametrize("wrapped", [False, True])
def test_amd_smi_tells_of_a_card_in_either_of_its_forms(tools, tmp_path, wrapped):
    static, metric = (f'{{"gpu_data": {text}}}' if wrapped else text for text in (AMD_STATIC, AMD_METRIC))
    script = f'case "$1" in static) {fakes.printing(static)}\n;; *) {fakes.printing(metric)}\n;; esac'
    fakes.tool(tools, "amd-smi", script)
    (card,) = amd.cards(tmp_path)
    assert ("AMD Radeon RX 7900 XTX", "gfx1100") == (card.name, card.gfx)
    assert (24560 * MIB, 23060 * MIB) == (card.total, card.free)


def test_rocm_smi_is_asked_where_amd_smi_is_missing(tools, tmp_path):
    fakes.tool(tools, "rocm-smi", fakes.printing(ROCM))
    (card,) = amd.cards(tmp_path)
    assert (25753026560, 25753026560 - 1572864000, "rocm-smi") == (card.total, card.free, card.told_by)


def test_xpu_smi_tells_what_is_free(tools, tmp_path):
    script = f'case "$2" in -d) {fakes.printing(XPU_ONE)}\n;; *) {fakes.printing(XPU_LIST)}\n;; esac'
    fakes.tool(tools, "xpu-smi", script)
    (card,) = intel.cards(tmp_path)
    assert (12809404416, 12000000000, "u-1", False) == (card.total, card.free, card.uuid, card.integrated)
    fakes.pci_card(tmp_path, 0, "0000:03:00.0", {"vendor": "0x8086", "device": "0xe20b"})
    assert (card.total, card.free, card.name) == (
        (same := intel.cards(tmp_path)[0]).total,
        same.free,
        same.name,
    )


GARBAGE = ["", "null", "[]", "{}", "[1]", "[[]]", '{"gpu_data": 3}', '{"card0": []}', '{"device_list": [{}]}',
           '{"device_list": [{"device_id": 0}]}',
           "[{", "\x00", '[{"gpu": [], "asic": 1}]', "[" * 5000]  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE)
def test_whatever_a_tool_prints_nothing_breaks(tools, tmp_path, text):
    (tmp_path / "said").write_text(text, encoding="latin-1")
    for name in ("amd-smi", "rocm-smi", "xpu-smi"):
        fakes.tool(tools, name, f"cat {tmp_path}/said")
    assert all(
        card.free is None for card in (*intel.cards(tmp_path), *(asking.told(amd.cards, tmp_path) or ()))
    )


@given(st.text())
def test_no_text_is_taken_for_json_that_is_none(text):
    number = asking.number(text)
    assert number is None or math.isfinite(number)
    for size in (asking.whole({"value": text, "unit": text}, MIB), amd.size({"value": text, "unit": text})):
        assert size is None or (isinstance(size, int) and size >= 0)


class TestApple:
    def sysctl(self, tools, name, ram, limit):
        cases = f"machdep*) echo '{name}' ;; hw.memsize) echo {ram} ;; iogpu*) echo {limit} ;;"
        fakes.tool(tools, "sysctl", f'case "$2" in {cases} esac')

    @pytest.mark.parametrize(
        ("gib", "megabytes"), [(16, 11453.25), (32, 22906.50), (36, 28991.03), (64, 51539.61)]
    )
    def test_the_limit_is_what_metal_recommends(self, tools, gib, megabytes):
        """As llama.cpp logs it on such Macs, in megabytes of a million bytes."""
        self.sysctl(tools, "Apple M2 Max", gib * GIB, 0)
        (card,) = apple.cards(8 * GIB)
        assert megabytes * 1e6 == pytest.approx(card.total, rel=1e-3)
        assert ("Apple M2 Max", 8 * GIB, True) == (card.name, card.free, card.unified)

    def test_a_limit_that_the_user_set_wins(self, tools):
        self.sysctl(tools, "Apple M2 Max", 32 * GIB, 28672)
        assert 28 * GIB == apple.cards(8 * GIB)[0].total

    def test_a_mac_with_an_intel_processor_has_no_card(self, tools):
        self.sysctl(tools, "Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz", 16 * GIB, "unknown")
        assert () == apple.cards(8 * GIB)

    def test_a_disk_of_apples_own_is_nvme(self, tools, tmp_path):
        fakes.tool(tools, "diskutil", fakes.printing("   Protocol:   Apple Fabric\n   Solid State:   Yes"))
        assert "nvme" == memory.disk(tmp_path, tmp_path, "macos")
        fakes.tool(tools, "diskutil", fakes.printing("   Protocol:   USB\n   Solid State:   No"))
        assert "hdd" == memory.disk(tmp_path, tmp_path, "macos")
        fakes.tool(tools, "diskutil", "exit 1")
        assert "" == memory.disk(tmp_path, tmp_path, "macos")


class TestWindows:
    @pytest.fixture
    def registry(self, monkeypatch):
        """Stands in for `winreg`: the display adapters' keys by number."""

        def with_adapters(*adapters):
            def key(root, path):
                number = int(path.rpartition("\\")[2])
                if number >= len(adapters):
                    raise OSError("no such key")
                return adapters[number]

            module = SimpleNamespace(
                HKEY_LOCAL_MACHINE=0, OpenKey=key, QueryValueEx=lambda key, name: (key[name], 11)
            )
            monkeypatch.setitem(sys.modules, "winreg", module)
            return windows.cards()

        return with_adapters

    def adapter(self, name, device, size):
        return {"DriverDesc": name, "MatchingDeviceId": device, windows.SIZE: size}

    def test_amd_and_intel_cards_are_told_by_their_drivers(self, registry):
        amds = self.adapter("AMD Radeon RX 7900 XTX", r"PCI\VEN_1002&DEV_744C", 24 * GIB)
        inside = self.adapter(
            "Intel(R) UHD Graphics", r"PCI\VEN_8086&DEV_9BC4", (1 * GIB).to_bytes(8, "little")
        )
        nvidia = self.adapter("NVIDIA GeForce RTX 4090", r"PCI\VEN_10DE&DEV_2684", 24 * GIB)
        cards = registry(nvidia, amds, amds, inside, {"DriverDesc": "Microsoft Basic Display Adapter"})
        assert [("amd", 24 * GIB, False), ("intel", GIB, True)] == [
            (card.vendor, card.total, card.integrated) for card in cards
        ]
        assert {None} == {card.free for card in cards} == {card.processes for card in cards}

    def test_elsewhere_there_is_no_registry(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "winreg", None)
        assert () == windows.cards()


class TestHere:
    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch, tmp_path):
        monkeypatch.setattr(here, "ROOT", tmp_path)
        monkeypatch.setitem(sys.modules, "pynvml", None)
        monkeypatch.setenv("PATH", str(tmp_path / "tools"))

    @pytest.mark.parametrize("system", ["linux", "wsl", "windows", "macos"])
    def test_a_machine_with_no_driver_and_no_tool_has_no_card(self, monkeypatch, system):
        monkeypatch.setattr(Here, "system", lambda self: system)
        assert () == Here().cards()

    def test_a_driver_that_fails_half_way_leaves_the_next_one(self, monkeypatch, tools, tmp_path):
        monkeypatch.setattr(Here, "system", lambda self: "linux")
        monkeypatch.setitem(sys.modules, "pynvml", fakes.Nvml([], nvmlDeviceGetCount=fakes.refuse))
        row = "0, GPU-1, NVIDIA GeForce RTX 3060, 12288, 10200, 8.6, 4, 16"
        fakes.tool(tools, "nvidia-smi", fakes.printing(row))
        assert ["nvidia-smi"] == [card.told_by for card in Here().cards()]

    def test_a_room_that_breaks_leaves_the_others(self, monkeypatch, tmp_path):
        monkeypatch.setattr(Here, "system", lambda self: "linux")
        monkeypatch.setattr(amd, "cards", lambda root: 1 / 0)
        fakes.pci_card(tmp_path, 0, "0000:00:02.0", {"vendor": "0x8086", "device": "0xffff"})
        assert ["intel"] == [card.vendor for card in Here().cards()]

    def test_tools_that_all_hang_cost_a_bounded_time(self, monkeypatch, tools):
        monkeypatch.setattr(asking, "seconds", lambda: 0.2)
        monkeypatch.setattr(Here, "system", lambda self: "linux")
        for name in ("nvidia-smi", "amd-smi", "rocm-smi", "xpu-smi"):
            fakes.tool(tools, name, "exec sleep 20")
        began = time.monotonic()
        assert () == Here().cards()
        assert time.monotonic() - began < 5

    def test_this_machine_answers(self):
        total, free = Here().ram()
        assert 0 < free <= total
        assert Here().swap() >= 0
