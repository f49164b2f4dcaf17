"""What the host tells of a card, with stand-ins for the few names of ComfyUI and torch that it asks."""

import sys
from types import SimpleNamespace

import pytest
from vram_forecast.nodes.host import definitions, files, seen

GIB = 1024**3
CPU = SimpleNamespace(type="cpu")
CARD = SimpleNamespace(type="cuda")


def loaded(device, size):
    return SimpleNamespace(device=device, model=object(), model_loaded_memory=lambda: size)


@pytest.fixture
def computer(monkeypatch):
    """A computer with 32 GiB, 20 free, and a 12 GiB card with 4 free and a model of 5 GiB loaded."""
    memory = {"cpu": (32 * GIB, 20 * GIB), "cuda": (12 * GIB, 4 * GIB)}
    gone = SimpleNamespace(device=CARD, model=None)  # its weak reference died
    management = SimpleNamespace(
        get_torch_device=lambda: CARD,
        get_total_memory=lambda device: memory[device.type][0],
        get_free_memory=lambda device: memory[device.type][1],
        current_loaded_models=[loaded(CARD, 5 * GIB), loaded(CPU, GIB), gone],
    )
    cuda = SimpleNamespace(
        get_device_name=lambda device: "NVIDIA GeForce RTX 3060",
        get_device_capability=lambda device: (8, 6),
        memory_stats=lambda device: {"active_bytes.all.current": 7 * GIB},
    )
    torch = SimpleNamespace(
        device=lambda kind: CPU,
        cuda=cuda,
        version=SimpleNamespace(hip=None),
        __version__="2.14.1+cu130",
    )
    comfy = SimpleNamespace(model_management=management)
    modules = {
        "comfy": comfy,
        "comfy.model_management": management,
        "comfyui_version": SimpleNamespace(__version__="0.33.0"),
        "torch": torch,
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sys, "argv", ["main.py", "--lowvram"])
    queue = SimpleNamespace(get_tasks_remaining=lambda: 0)
    instance = SimpleNamespace(prompt_queue=queue)
    server = SimpleNamespace(PromptServer=SimpleNamespace(instance=instance))
    monkeypatch.setitem(sys.modules, "server", server)
    folders = SimpleNamespace(get_folder_paths=lambda kind: [])
    monkeypatch.setitem(sys.modules, "folder_paths", folders)
    return SimpleNamespace(management=management, torch=torch, comfy=comfy, queue=queue)


def test_a_card_is_told_by_its_drivers_name_and_its_own_numbers(computer):
    told = seen.look()
    assert ("NVIDIA GeForce RTX 3060", "nvidia", 8.6) == (told.device, told.vendor, told.compute_capability)
    assert (12 * GIB, 32 * GIB, 20 * GIB) == (told.vram_total, told.ram_total, told.ram_free)
    assert ("0.33.0", "2.14.1+cu130", ("--lowvram",)) == (told.comfy, told.torch, told.flags)


def test_memory_of_models_that_comfyui_would_evict_is_free(computer):
    assert 9 * GIB == seen.look().vram_free


def test_while_a_prompt_runs_what_torch_holds_for_it_is_free_for_the_next(computer):
    computer.queue.get_tasks_remaining = lambda: 1
    assert 11 * GIB == seen.look().vram_free


def test_weights_of_dynamic_vram_lie_beside_what_torch_holds(computer):
    dynamic = SimpleNamespace(is_dynamic=lambda: True)
    computer.management.current_loaded_models = [
        SimpleNamespace(device=CARD, model=dynamic, model_loaded_memory=lambda: GIB)
    ]
    assert 5 * GIB == seen.look().vram_free
    computer.queue.get_tasks_remaining = lambda: 1
    assert 12 * GIB == seen.look().vram_free


def test_a_model_that_is_unloaded_while_it_is_counted_counts_nothing(computer):
    def unloaded():
        raise AttributeError("'NoneType' object has no attribute 'loaded_size'")

    one = SimpleNamespace(device=CARD, model=object(), model_loaded_memory=unloaded)
    computer.management.current_loaded_models = [one]
    assert 4 * GIB == seen.look().vram_free


def test_a_hip_build_of_torch_means_an_amd_card_without_a_compute_capability(computer):
    computer.torch.version.hip = "7.0"
    told = seen.look()
    assert ("amd", None) == (told.vendor, told.compute_capability)


def test_on_the_cpu_the_device_is_the_cpu_and_its_memory_is_ram(computer):
    computer.management.get_torch_device = lambda: CPU
    told = seen.look()
    assert ("CPU", "cpu", None) == (told.device, told.vendor, told.compute_capability)
    assert (32 * GIB, 20 * GIB) == (told.vram_total, told.vram_free)


@pytest.mark.parametrize("enabled", [True, False])
def test_dynamic_vram_is_what_comfyui_says_it_is(computer, enabled):
    computer.comfy.memory_management = SimpleNamespace(aimdo_enabled=enabled)
    assert enabled == seen.look().dynamic_vram


def test_a_comfyui_without_dynamic_vram_has_it_off(computer):
    assert seen.look().dynamic_vram is False


@pytest.mark.parametrize(
    ("system", "release", "name"),
    [
        ("Linux", "6.8.0-generic", "linux"),
        ("Linux", "5.15.90.1-microsoft-standard-WSL2", "wsl"),
        ("Windows", "11", "windows"),
        ("Darwin", "25.0.0", "macos"),
    ],
)
def test_the_system_is_told(monkeypatch, system, release, name):
    monkeypatch.setattr(seen.platform, "system", lambda: system)
    monkeypatch.setattr(seen.platform, "release", lambda: release)
    assert name == seen.system()


@pytest.mark.parametrize(
    ("folder", "name", "found"),
    [
        ("diffusion_models", "a.safetensors", "/models/diffusion_models/a.safetensors"),
        ("diffusion_models", "a.gguf", "/other/a.gguf"),
        ("vae", "gone.safetensors", None),
        ("loras", "C:\\drive.safetensors", None),
    ],
)
def test_a_file_is_found_through_comfyuis_folders_and_those_of_gguf_packs(monkeypatch, folder, name, found):
    known = {
        ("diffusion_models", "a.safetensors"): "/models/diffusion_models/a.safetensors",
        ("unet_gguf", "a.gguf"): "/other/a.gguf",
    }

    def get_full_path(kind, file):
        if ":" in file:
            raise ValueError("path is on mount 'C:', start on mount 'D:'")
        return known.get((kind, file))

    monkeypatch.setitem(sys.modules, "folder_paths", SimpleNamespace(get_full_path=get_full_path))
    path = files.resolve(folder, name)
    assert found == (path and path.as_posix())


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.png", "input/a.png"),
        ("clipspace/a.png [input]", "input/clipspace/a.png"),
        ("a.png [output]", "output/a.png"),
        ("../secret.png", None),
        ("../input/../secret.png [output]", None),
        ("a.png\0", None),
        ("gone.png", None),
    ],
)
def test_an_input_is_found_in_the_folder_that_its_name_says(monkeypatch, tmp_path, name, found):
    for path in ("input/a.png", "input/clipspace/a.png", "output/a.png", "secret.png"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()

    def annotated_filepath(name):
        if name.endswith("[output]"):
            return name[:-9], str(tmp_path / "output")
        return (name[:-8], str(tmp_path / "input")) if name.endswith("[input]") else (name, None)

    paths = SimpleNamespace(
        annotated_filepath=annotated_filepath, get_input_directory=lambda: str(tmp_path / "input")
    )
    monkeypatch.setitem(sys.modules, "folder_paths", paths)
    assert (found and tmp_path / found) == files.resolve("input", name)


class Anything(str):
    """A type that equals every other, as many packs have one."""

    def __ne__(self, other):
        return False


class Old:
    """A node class of the first kind."""

    RETURN_TYPES = (Anything("*"), "MODEL")
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"file": (("a.safetensors",),), "count": ("INT", {"default": 2})}}


class Broken(Old):
    """One whose own code fails."""

    @classmethod
    def INPUT_TYPES(cls):
        raise RuntimeError("no such folder")


class New:
    """One of the third kind."""

    @classmethod
    def GET_NODE_INFO_V1(cls):
        return {"input": {}, "output": ["MODEL"]}


@pytest.fixture
def installed(monkeypatch):
    """ComfyUI's table of node classes."""
    classes = {"Old": Old, "Broken": Broken, "New": New}
    monkeypatch.setitem(sys.modules, "nodes", SimpleNamespace(NODE_CLASS_MAPPINGS=classes))


def test_a_node_class_is_described_as_the_server_does(installed):
    assert {
        "input": {"required": {"file": [["a.safetensors"]], "count": ["INT", {"default": 2}]}},
        "output": ["*", "MODEL"],
        "output_node": True,
    } == definitions.describe("Old")
    assert {"input": {}, "output": ["MODEL"]} == definitions.describe("New")


@pytest.mark.parametrize("class_type", ["Broken", "Not installed"])
def test_a_class_that_fails_or_is_not_there_is_not_described(installed, class_type):
    assert definitions.describe(class_type) is None
