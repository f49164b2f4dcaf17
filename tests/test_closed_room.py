"""The estimator is a closed room: it answers where there is no torch, no ComfyUI and no network."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Run in a process of its own: an import hook that denies, and an audit hook that keeps the network shut.
ROOM = """
import importlib, importlib.util, pkgutil, sys

DENIED = {
    "aiohttp", "comfy", "comfy_aimdo", "comfy_api", "comfy_execution", "execution", "folder_paths", "gguf",
    "huggingface_hub", "nodes", "numpy", "requests", "safetensors", "server", "torch", "transformers",
}

class Denied:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.split(".")[0] in DENIED:
            raise ImportError(f"the closed room has no {name}")

def shut(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise PermissionError(f"the closed room has no network: {event} {arguments}")

sys.meta_path.insert(0, Denied)
sys.addaudithook(shut)

spec = importlib.util.spec_from_file_location("vram_forecast", ROOT + "/__init__.py")
pack = importlib.util.module_from_spec(spec)
sys.modules["vram_forecast"] = pack
spec.loader.exec_module(pack)
"""


def in_the_room(code: str) -> subprocess.CompletedProcess[str]:
    script = f"ROOT = {str(ROOT)!r}\n{ROOM}\n{textwrap.dedent(code)}"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)


def test_the_room_denies_what_it_says():
    done = in_the_room("import torch")
    assert "the closed room has no torch" in done.stderr
    done = in_the_room("import socket; socket.create_connection(('127.0.0.1', 9))")
    assert "the closed room has no network" in done.stderr


def test_every_module_but_the_tracer_imports_in_the_closed_room():
    done = in_the_room(
        """
        import vram_forecast.estimator as estimator
        prefix = estimator.__name__ + "."
        found = [module.name for module in pkgutil.walk_packages(estimator.__path__, prefix)]
        wanted = [name for name in found if not name.startswith(prefix + "trace.") and "__main__" not in name]
        for name in wanted:
            importlib.import_module(name)
        print(len(wanted))
        """
    )
    assert "" == done.stderr
    assert int(done.stdout) > 10


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return in_the_room(
        f"""
        from vram_forecast.estimator.cli import main
        sys.argv = ["vram-forecast", *{arguments!r}]
        main()
        """
    )


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"]], ids=" ".join)
def test_the_command_line_explains_itself_in_the_closed_room(arguments):
    done = command(*arguments)
    assert ("", 0) == (done.stderr, done.returncode)
    assert "Usage" in done.stdout


def test_a_workflow_is_forecast_in_the_closed_room_with_no_model_on_disk():
    example = sorted((ROOT / "example_workflows").glob("*.json"))[0]
    done = command("check", str(example), "--gpu", "rtx-3060-12gb", "--json")
    assert ("", 0) == (done.stderr, done.returncode)
    answer = json.loads(done.stdout)
    assert "GeForce RTX 3060 12 GB" == answer["device"]["name"]
    assert [] != answer["coverage"]["missing_files"]
    assert sum(step["weights"] for step in answer["steps"]) > 0
