"""Three ways in: a clone in a folder of any name, a wheel in a bare environment, and ComfyUI's manager."""

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PIP = (sys.executable, "-m", "pip")
# Of modules whose distribution has another name.
DISTRIBUTIONS = {"pynvml": "nvidia-ml-py", "yaml": "pyyaml", "PIL": "pillow"}
WINDOWS = os.name == "nt"


def run(*command: str | Path, cwd: Path) -> str:
    """Run it, and show its output where it fails."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=120)
    assert (0, command) == (done.returncode, command), f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory, copy_checkout) -> Path:
    """What a user gets by cloning: a folder whose name Python could not import."""
    return copy_checkout(tmp_path_factory.mktemp("custom_nodes") / "ComfyUI-VRAM-Forecast.x")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory, clone) -> Path:
    """The wheel of the clone, built with the setuptools that is installed, so without the network."""
    out = tmp_path_factory.mktemp("wheel")
    run(*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", out, ".", cwd=clone)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare(tmp_path_factory, wheel) -> Path:
    """The Python of a new environment that holds the wheel, and sees this one's packages after its own."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=not WINDOWS)
    python = folder / ("Scripts/python.exe" if WINDOWS else "bin/python")
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    # A bare path in a .pth adds that folder but none of its own .pth files: no editable install gets in.
    Path(site, "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    run(*PIP, "--python", python, "install", "--quiet", "--no-deps", wheel, cwd=folder)
    return python


def test_the_version_is_the_same_wherever_it_is_read():
    from vram_forecast.estimator._version import __version__

    assert __version__ == PROJECT["project"]["version"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert __version__ == re.search(r"^## \[(\d[^\]]*)\]", changes, re.MULTILINE)[1]


def test_requirements_txt_is_the_dependencies_and_what_the_nodes_draw_with():
    mirrored = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    project = PROJECT["project"]
    assert sorted(project["dependencies"] + project["optional-dependencies"]["charts"]) == mirrored


def test_whatever_the_estimator_imports_is_a_dependency():
    modules = {
        name.split(".")[0]
        for path in (ROOT / "estimator").rglob("*.py")
        if "trace" not in path.parts  # needs a ComfyUI, which brings torch and numpy
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not node.level)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module])
    }
    drawing = PROJECT["project"]["optional-dependencies"]["charts"]  # imported when a picture is drawn
    declared = {re.match(r"[\w-]+", line)[0] for line in PROJECT["project"]["dependencies"] + drawing}
    assert declared == {
        DISTRIBUTIONS.get(name, name) for name in modules - sys.stdlib_module_names - {"tomllib"}
    }


def test_comfyui_registers_the_web_folder_once():
    assert "web" not in PROJECT["tool"]["comfy"]
    assert 'WEB_DIRECTORY = "./web"' in (ROOT / "__init__.py").read_text(encoding="utf-8")


def test_the_wheel_holds_every_module_and_every_data_file(wheel, clone):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    shipped = ("estimator", "nodes", "data", "web", "locales", "example_workflows")
    paths = [*clone.glob("*.py"), *(path for top in shipped for path in (clone / top).rglob("*.*"))]
    files = {path.relative_to(clone).as_posix() for path in paths if path.is_file() and path.suffix != ".pyc"}
    assert {f"vram_forecast/{name}" for name in files} == packed


def test_the_wheel_carries_the_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        assert 1 == sum(name.endswith("licenses/LICENSE") for name in archive.namelist())


def test_an_installed_wheel_imports_from_its_own_folder(bare):
    out = run(bare, "-c", "import vram_forecast.estimator as e; print(e.__file__)", cwd=bare.parent)
    assert Path(bare.parent.parent).resolve() in Path(out.strip()).resolve().parents


@pytest.mark.parametrize("command", [["vram-forecast"], ["python", "-m", "vram_forecast"]], ids=" ".join)
def test_an_installed_wheel_runs_as_a_command(bare, command):
    program = bare if command[0] == "python" else bare.with_name(command[0] + bare.suffix)
    assert "Usage" in run(program, *command[1:], "--help", cwd=bare.parent)


def test_an_installed_wheel_finds_its_data(bare):
    rows = json.loads(run(bare, "-m", "vram_forecast", "gpus", "--json", cwd=bare.parent))
    assert rows


def test_a_clone_runs_as_a_module_with_nothing_installed(clone):
    assert "Usage" in run(sys.executable, "-m", "estimator", "--help", cwd=clone)


@pytest.mark.parametrize("place", [".", ".."], ids=["from the clone", "from its parent"])
def test_the_tests_pass_in_a_folder_whose_name_has_dashes(clone, place):
    test = clone / "tests" / "test_layers.py"
    out = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test, cwd=clone / place)
    assert " passed" in out
