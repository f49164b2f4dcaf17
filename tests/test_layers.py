"""Imports point one way: the estimator to the layers above, and only the host to ComfyUI and torch."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ESTIMATOR = ROOT / "estimator"
NODES = ROOT / "nodes"

# The order of section 3 of the design: a line may import from the lines above it, and from itself.
LAYERS = (
    ("_version", "units", "errors", "facts"),
    ("containers", "formats"),
    ("media",),
    ("models",),
    ("costs",),
    ("workflow",),
    ("runtime",),
    ("forecast",),
    ("advice",),
    ("charts",),
    ("history",),
    ("report",),
    ("api",),
    ("__init__",),
    ("trace",),
    ("options",),
    ("cli",),
    ("__main__",),
)
RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}
# Slow to import, or another program's: whoever needs them imports them inside a function.
ON_DEMAND = ("trace",)
# What only ComfyUI's own process has.
COMFYUI = {"comfy", "comfy_aimdo", "comfy_execution", "comfyui_version", "execution", "folder_paths", "nodes"}


def sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def part_of(path: Path) -> str:
    """The entry of `LAYERS` that a module of `estimator/` belongs to: its subpackage, or its own name."""
    inside = path.relative_to(ESTIMATOR)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def imports(path: Path) -> Iterator[tuple[int, ast.Import | ast.ImportFrom, bool]]:
    """Every import of a module: its line, its node, and whether it runs on demand, inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    held = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node.lineno, node, node in held or node in typing_only


def targets(path: Path, node: ast.Import | ast.ImportFrom) -> list[Path] | None:
    """The files or folders that a relative import names, or None for an absolute import."""
    if isinstance(node, ast.Import) or not node.level:
        return None
    base = path.parents[node.level - 1]
    if node.module:
        return [base.joinpath(*node.module.split("."))]
    return [base / alias.name for alias in node.names]


def names(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The top-level packages of an absolute import."""
    found = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return {name.split(".")[0] for name in found}


def imported_part(target: Path) -> str:
    """The entry of `LAYERS` that an import inside `estimator/` reaches; a plain name is the front door's."""
    if target == ESTIMATOR:
        return "__init__"
    part = target.relative_to(ESTIMATOR).parts[0]
    return part if (ESTIMATOR / part).is_dir() or (ESTIMATOR / f"{part}.py").is_file() else "__init__"


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_module_of_the_estimator_has_a_place_in_the_list_of_layers():
    assert set() == {part_of(path) for path in sources(ESTIMATOR)} - set(RANK)


@pytest.mark.parametrize("path", sources(ESTIMATOR), ids=short)
def test_a_module_of_the_estimator_imports_only_from_the_layers_above_it(path):
    wrong = []
    for line, node, _ in imports(path):
        for target in targets(path, node) or []:
            outside = ESTIMATOR not in (target, *target.parents)
            if outside or RANK[imported_part(target)] > RANK[part_of(path)]:
                wrong.append(f"{short(path)}:{line}: {ast.unparse(node)}")
    assert [] == wrong


@pytest.mark.parametrize("path", sources(ESTIMATOR), ids=short)
def test_the_estimator_never_names_itself_or_comfyui_in_an_absolute_import(path):
    banned = COMFYUI | {"comfy_api", "estimator", "server", "vram_forecast"}
    if part_of(path) == "trace":
        banned -= COMFYUI  # it runs ComfyUI's own classes, in a process of its own
    assert [] == [
        f"{short(path)}:{line}: {ast.unparse(node)}"
        for line, node, _ in imports(path)
        if targets(path, node) is None and names(node) & banned
    ]


@pytest.mark.parametrize("path", sources(ESTIMATOR), ids=short)
def test_tracing_is_imported_on_demand_only(path):
    assert [] == [
        f"{short(path)}:{line}: {ast.unparse(node)}"
        for line, node, held in imports(path)
        if not held and part_of(path) not in ON_DEMAND
        for target in targets(path, node) or []
        if imported_part(target) in ON_DEMAND
    ]


@pytest.mark.parametrize("path", sources(ESTIMATOR), ids=short)
def test_only_charts_draw_and_import_what_they_draw_with_on_demand(path):
    found = [(line, held) for line, node, held in imports(path) if names(node) & {"matplotlib"}]
    assert [] == [line for line, held in found if not held or part_of(path) != "charts"]


def test_only_facts_reads_the_data_folder():
    readers = {
        path.relative_to(ESTIMATOR).as_posix()
        for path in sources(ESTIMATOR)
        for _, node, _ in imports(path)
        if names(node) & {"tomllib", "tomli"}
    }
    assert {"facts.py"} == readers


@pytest.mark.parametrize("path", sources(NODES), ids=short)
def test_only_the_host_touches_comfyui_and_torch(path):
    banned = COMFYUI | {"torch", "psutil", "pynvml"}
    wrong = [
        f"{short(path)}:{line}: {ast.unparse(node)}"
        for line, node, _ in imports(path)
        if targets(path, node) is None and names(node) & banned
    ]
    assert path.parent == NODES / "host" or [] == wrong


@pytest.mark.parametrize("path", [ROOT / "__init__.py", *sources(NODES)], ids=short)
def test_the_pack_imports_the_estimator_inside_functions_so_that_comfyui_starts_fast(path):
    assert [] == [
        f"{short(path)}:{line}: {ast.unparse(node)}"
        for line, node, held in imports(path)
        if not held
        for target in targets(path, node) or []
        if ESTIMATOR in (target, *target.parents)
    ]
