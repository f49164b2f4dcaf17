"""Puts what is printed and measured into README.md and docs/: `python tools/readme.py [--check]`.

With `--check` nothing is written, and a README that says something else is exit code 1. The picture shows the
same output, so it is as old as the README.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README, PICTURE = ROOT / "README.md", ROOT / "docs" / "check.svg"
ACCURACY = ROOT / "docs" / "accuracy.md"
WIDTH = 100


def block(text: str, mark: str, content: str) -> str:
    """`text` with what stands between `<!-- mark -->` and `<!-- end -->` replaced."""
    return re.sub(
        rf"(<!-- {mark} -->\n).*?(<!-- end -->)", lambda m: f"{m[1]}{content}\n{m[2]}", text, flags=re.DOTALL
    )


def first_command(text: str) -> list[str]:
    """The arguments of the README's own `vram-forecast` command."""
    found = re.search(r"vram-forecast (check .*)", text)
    assert found, "README.md has no check command"
    return shlex.split(found[1])


def run(*arguments: str) -> str:
    """The output of a Python command in the checkout."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": str(WIDTH), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return done.stdout.rstrip()


def picture(arguments: list[str]) -> str:
    """The same forecast as a picture of a terminal."""
    sys.path.insert(0, str(ROOT))
    from rich.console import Console

    from estimator import api
    from estimator.options import finder, machine
    from estimator.report import text

    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    options = dict(zip(arguments[2::2], arguments[3::2], strict=True))
    here = machine(gpu=options["--gpu"], ram=float(options["--ram"]))
    text.show(api.check(ROOT / arguments[1], here, finder([], None)), console)
    return console.export_svg(title="vram-forecast " + " ".join(arguments), unique_id="check")


def main() -> int:
    """Write the blocks, or say which are out of date."""
    old = README.read_text(encoding="utf-8")
    arguments = first_command(old)
    output = run("-m", "estimator", *arguments)
    new = block(old, "output", f"```text\n{output}\n```")
    new = block(new, "accuracy", run("benchmarks/accuracy.py"))
    accuracy = run("benchmarks/accuracy.py", "--document") + "\n"
    if "--check" in sys.argv:
        known = ACCURACY.read_text(encoding="utf-8") if ACCURACY.exists() else ""
        stale = [
            path.name for path, is_new in ((README, new != old), (ACCURACY, accuracy != known)) if is_new
        ]
        print(f"{', '.join(stale)}: out of date. Run python tools/readme.py" if stale else "up to date")
        return int(bool(stale))
    README.write_text(new, encoding="utf-8")
    ACCURACY.write_text(accuracy, encoding="utf-8")
    PICTURE.write_text(picture(arguments), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
