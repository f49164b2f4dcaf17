"""What Linux's own files say of AMD and Intel cards, of swap and of disks."""

import os

import machine_fakes as fakes
import pytest
from machine_fakes import MIB
from vram_forecast.estimator.runtime.probe import Here, amd, drm, intel, memory, processes
from vram_forecast.estimator.runtime.probe.readings import Process

GIB = 1 << 30
SYMBOLS = {"vendor": "0x1002\n", "device": "0x744c\n", "revision": "0xc8\n"}
KFD = "sys/class/kfd/kfd/topology/nodes"


@pytest.fixture(autouse=True)
def no_tools_and_no_names(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    monkeypatch.setattr(processes, "seen", lambda pid: ({4: "firefox", 5: "kwin_wayland"}.get(pid, ""), []))


def vram(total, used, gtt_total, gtt_used):
    names = ("vram_total", "vram_used", "gtt_total", "gtt_used")
    return {
        f"mem_info_{name}": str(size)
        for name, size in zip(names, (total, used, gtt_total, gtt_used), strict=True)
    }


class TestAmd:
    @pytest.fixture
    def desktop(self, tmp_path):
        """An RX 7900 XTX at 03:00.0 beside a processor's own graphics at 0f:00.0."""
        fakes.pci_card(tmp_path, 1, "0000:03:00.0", SYMBOLS | vram(24 * GIB, 2 * GIB, 31 * GIB, 0))
        inside = {"vendor": "0x1002", "device": "0x164e", "revision": "0xc7"}
        fakes.pci_card(tmp_path, 0, "0000:0f:00.0", inside | vram(512 * MIB, 100 * MIB, 31 * GIB, 1 * GIB))
        (tmp_path / "sys/class/drm/card1-DP-1").mkdir()
        return fakes.write(
            tmp_path,
            {
                f"{KFD}/0/properties": "cpu_cores_count 16\ngfx_target_version 0\n",
                f"{KFD}/1/properties": "gfx_target_version 110000\nlocation_id 768\ndomain 0\nbad\n",
                f"{KFD}/2/properties": "gfx_target_version 100306\nlocation_id 3840\ndomain 0\n",
                amd.IDS: "# List\n1.0.0\n744C,\tC8,\tAMD Radeon RX 7900 XTX\n744C,\tC9,\tAnother\n",
            },
        )

    def test_a_card_is_named_by_its_device_and_revision(self, desktop):
        card, _ = amd.cards(desktop)
        assert ("AMD Radeon RX 7900 XTX", "gfx1100", 24 * GIB, 22 * GIB) == (
            card.name,
            card.gfx,
            card.total,
            card.free,
        )
        assert (False, False, None) == (card.unified, card.integrated, card.pcie_gen)

    def test_graphics_with_a_small_carve_out_work_in_ram(self, desktop):
        _, inside = amd.cards(desktop)
        assert ("gfx1036", True, True, 31 * GIB, 30 * GIB) == (
            inside.gfx,
            inside.unified,
            inside.integrated,
            inside.total,
            inside.free,
        )

    def test_graphics_with_a_large_carve_out_work_in_that(self, tmp_path):
        fakes.pci_card(tmp_path, 0, "0000:c4:00.0", SYMBOLS | vram(96 * GIB, 1 * GIB, 16 * GIB, 0))
        fakes.write(
            tmp_path, {f"{KFD}/1/properties": "gfx_target_version 110501\nlocation_id 50176\ndomain 0"}
        )
        (card,) = amd.cards(tmp_path)
        assert ("gfx1151", False, 96 * GIB) == (card.gfx, card.unified, card.total)

    def test_programs_tell_of_their_own_memory_each_client_once(self, desktop):
        said = "drm-driver:\tamdgpu\ndrm-client-id:\t{}\ndrm-pdev:\t{}\ndrm-memory-vram:\t{}\n"
        fakes.open_card(desktop, 4, 8, said.format(40, "0000:03:00.0", "600 MiB"))
        fakes.open_card(desktop, 4, 9, said.format(40, "0000:03:00.0", "600 MiB"))
        fakes.open_card(desktop, 4, 10, said.format(41, "0000:03:00.0", "1024 KiB"))
        fakes.open_card(desktop, 5, 3, said.format(42, "0000:0f:00.0", "80 MiB"))
        fakes.open_card(desktop, 6, 3, "pos: 0\n")
        card, inside = amd.cards(desktop)
        assert (Process(4, "Firefox", 601 * MIB),) == card.processes
        assert (Process(5, "the desktop (kwin)", 80 * MIB),) == inside.processes

    def test_the_kernel_tells_of_programs_that_compute(self, desktop):
        """Other users' too; what a program says of itself may leave that out."""
        said = "drm-client-id: 1\ndrm-pdev: 0000:03:00.0\ndrm-memory-vram: 1 MiB\n"
        fakes.open_card(desktop, 4, 8, said)
        of = "sys/class/kfd/kfd/proc"
        held = {f"{of}/4/vram_777": str(5 * GIB), f"{of}/9/vram_777": "1048576", f"{of}/9/vram_778": "4096"}
        fakes.write(desktop, {f"{KFD}/1/gpu_id": "777\n", f"{of}/8/vram_777": "0", **held})
        firefox, other = Process(4, "Firefox", 5 * GIB), Process(9, "process 9", MIB)
        assert (firefox, other) == amd.cards(desktop)[0].processes

    def test_processes_that_hide_are_not_known(self, desktop):
        assert None is amd.cards(desktop)[0].processes

    @pytest.mark.parametrize("size", ["", "-1", "many", "9" * 40])
    def test_a_size_that_is_none_is_no_card(self, tmp_path, size):
        fakes.pci_card(tmp_path, 0, "0000:03:00.0", SYMBOLS | {"mem_info_vram_total": size})
        assert () == amd.cards(tmp_path)

    def test_without_a_kernel_that_tells_there_is_none(self, tmp_path):
        assert () == amd.cards(tmp_path)

    @pytest.mark.parametrize(
        ("version", "gfx"), [(90402, "gfx942"), (90010, "gfx90a"), (120001, "gfx1201"), (110002, "gfx1102")]
    )
    def test_instruction_sets_are_written_as_amd_writes_them(self, tmp_path, version, gfx):
        fakes.write(
            tmp_path, {f"{KFD}/1/properties": f"gfx_target_version {version}\nlocation_id 768\ndomain 0"}
        )
        assert gfx == amd.target_of(tmp_path, "0000:03:00.0")


PCI_IDS = """8085  Another
	e20b  Wrong
8086  Intel Corporation
	e20b  Battlemage G21 [Arc B580]
		8086 1100  x
	46a6  Alder Lake-P GT2 [Iris Xe Graphics]
"""


class TestIntel:
    def test_a_card_has_memory_of_its_own_and_graphics_have_not(self, tmp_path):
        own = {"vendor": "0x8086", "device": "0xe20b", "tile0/physical_vram_size_bytes": str(12216 * MIB)}
        fakes.pci_card(tmp_path, 1, "0000:03:00.0", own)
        fakes.pci_card(tmp_path, 0, "0000:00:02.0", {"vendor": "0x8086", "device": "0x46a6"})
        fakes.write(tmp_path, {"usr/share/misc/pci.ids": PCI_IDS})
        inside, card = intel.cards(tmp_path)
        assert ("Iris Xe Graphics", 0, True) == (inside.name, inside.total, inside.integrated)
        assert ("Arc B580", 12216 * MIB, False) == (card.name, card.total, card.integrated)
        assert (None, None) == (card.free, card.processes)

    def test_a_device_that_no_list_names_is_still_listed(self, tmp_path):
        fakes.pci_card(tmp_path, 0, "0000:00:02.0", {"vendor": "0x8086", "device": "0xffff"})
        assert ["Intel graphics"] == [card.name for card in intel.cards(tmp_path)]

    def test_xe_names_its_memory_otherwise(self):
        said = (
            "drm-client-id: 7\ndrm-pdev: 0000:03:00.0\ndrm-resident-vram0: 51200 KiB\ndrm-total-vram0: 1 GiB"
        )
        assert ("7", 50 * MIB) == drm.held(said, "0000:03:00.0")
        assert None is drm.held(said, "0000:04:00.0")


class TestSwap:
    HEAD = "Filename\tType\tSize\tUsed\tPriority\n"

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ("", 0),
            ("/dev/sda2 partition 8388604 0 -2", 8388604 * 1024),
            ("/dev/zram0 partition 8388604 0 100", 0),
            ("/dev/zram0 partition 8388604 0 100\n/swap.img file 1024 0 -2", MIB),
            ("/swap.img file many 0 -2\nx", 0),
        ],
    )
    def test_compressed_ram_is_no_swap(self, tmp_path, lines, expected):
        fakes.write(tmp_path, {"proc/swaps": self.HEAD + lines})
        assert expected == memory.swap(tmp_path)


class TestDisk:
    @pytest.fixture
    def on(self, tmp_path):
        """What a folder lies on, where the kernel describes its device by these files."""

        def asked(device, files, below=""):
            number = tmp_path.stat().st_dev
            folder = tmp_path / "sys/devices" / device
            fakes.write(folder, files)
            folder.mkdir(parents=True, exist_ok=True)
            if below:
                (folder / "slaves").mkdir()
                (folder / "slaves/x").symlink_to(tmp_path / "sys/devices" / below)
            link = tmp_path / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
            link.parent.mkdir(parents=True)
            link.symlink_to(folder)
            return memory.disk(tmp_path, tmp_path, "linux")

        return asked

    @pytest.mark.parametrize(
        ("device", "files", "expected"),
        [
            ("nvme0n1", {"queue/rotational": "0"}, "nvme"),
            ("nvme0n1/nvme0n1p2", {"partition": "2", "../queue/rotational": "0"}, "nvme"),
            ("sda", {"queue/rotational": "0\n"}, "ssd"),
            ("sda/sda1", {"partition": "1", "../queue/rotational": "1\n"}, "hdd"),
            ("vda", {"queue/rotational": "1"}, ""),
            ("sdb", {"queue/rotational": "1", "device/vendor": "Msft    "}, ""),
            ("sdc", {}, ""),
        ],
    )
    def test_its_kind_is_the_devices(self, on, device, files, expected):
        assert expected == on(device, files)

    def test_an_encrypted_volume_lies_on_the_disk_below(self, on, tmp_path):
        fakes.write(tmp_path / "sys/devices/nvme1n1/nvme1n1p3", {"partition": "3"})
        assert "nvme" == on("virtual/dm-0", {"queue/rotational": "0"}, below="nvme1n1/nvme1n1p3")

    def test_network_folders_and_missing_ones_are_not_known(self, tmp_path):
        assert "" == Here().disk(tmp_path / "nowhere") == Here().disk(None)
