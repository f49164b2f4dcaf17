"""Loads the checkout as ComfyUI would, under the name `vram_forecast`, so that tests need no install.

The checkout's root is a pack with an `__init__.py`, in a folder that may have dashes in its name. pytest
would import it as a nameless test package and fail on its relative imports: it is told that it is a folder.
"""

import importlib
import importlib.util
import json
import math
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Bytes of one element, as the safetensors format has them.
BYTES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I8": 1, "U8": 1, "BOOL": 1}
BYTES |= {"F8_E4M3": 1, "F8_E5M2": 1}


class RootIsAPack:
    """A plugin, since a `conftest.py` is not asked about its own folder's parent."""

    @staticmethod
    def pytest_collect_directory(path, parent):
        return pytest.Dir.from_parent(parent, path=path) if path == ROOT else None


def pytest_configure(config):
    config.pluginmanager.register(RootIsAPack(), "root-is-a-pack")


def load(name: str, path: Path):
    """Import the file at `path` as `name`, as ComfyUI loads a pack."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


load("vram_forecast", ROOT / "__init__.py")
get_comfyui = load("get_comfyui", ROOT / "tools" / "get_comfyui.py")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout under test."""
    return ROOT


@pytest.fixture(scope="session")
def torch():
    """torch, or a skip that says how to get it; under CI a failure."""
    if importlib.util.find_spec("torch") is None:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(f"torch is not installed: run `{get_comfyui.COMMAND}`")
    return importlib.import_module("torch")


@pytest.fixture(scope="session")
def comfyui() -> Path:
    """The folder of a real ComfyUI; where there is none the test is skipped, and under CI it fails."""
    found = get_comfyui.locate()
    if found and importlib.util.find_spec("torch") and importlib.util.find_spec("aiohttp"):
        return found
    what = "no ComfyUI for the tests" if found is None else "ComfyUI's requirements are not installed"
    stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    stop(f"{what}: run `{get_comfyui.COMMAND}`, or name a ComfyUI checkout in COMFYUI_PATH")


@pytest.fixture(scope="session")
def copy_checkout() -> Callable[[Path], Path]:
    """A function that copies what a clone of this checkout would hold to a folder that does not exist yet."""
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    by_name = shutil.ignore_patterns(".git", *(pattern.rstrip("/") for pattern in ignored))

    def skip(folder: str, names: list[str]) -> set[str]:
        environments = {name for name in names if Path(folder, name, "pyvenv.cfg").is_file()}
        return by_name(folder, names) | environments

    def copy(target: Path) -> Path:
        return Path(shutil.copytree(ROOT, target, ignore=skip))

    return copy


@pytest.fixture(scope="session")
def sparse_model() -> Callable[[str, Path], Path]:
    """A function that lays a file of `data/headers/` on disk: its header, and a hole for the weights."""
    from vram_forecast.estimator import facts

    def lay(slug: str, path: Path) -> Path:
        stripped = facts.header(slug)
        header, end = {"__metadata__": stripped["metadata"]}, 0
        for name, (dtype, shape) in stripped["tensors"].items():
            start, end = end, end + math.prod(shape) * BYTES[dtype]
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
        text = json.dumps(header).encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            file.truncate(8 + len(text) + end)
        return path

    return lay


@pytest.fixture
def cli(root, tmp_path):
    """Runs the command line in a folder of its own, as `python -m estimator` of the checkout does."""

    def run(*arguments, cwd=tmp_path, **environment):
        code = f"import sys; sys.path.insert(0, {str(root)!r}); from estimator.cli import main; main()"
        command = [sys.executable, "-c", code, *map(str, arguments)]
        own = {
            **os.environ,
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "LOCALAPPDATA": str(tmp_path / "cache"),
            **environment,
        }
        return subprocess.run(
            command, cwd=cwd, env=own, capture_output=True, text=True, encoding="utf-8", check=False
        )

    return run


@pytest.fixture
def saved(tmp_path):
    """Writes a workflow, an object or raw text, and gives its path."""

    def save(workflow, name="w.json"):
        path = tmp_path / name
        path.write_text(workflow if isinstance(workflow, str) else json.dumps(workflow), encoding="utf-8")
        return path

    return save
