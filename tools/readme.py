"""Puts what is printed and measured into README.md and docs/: `python tools/readme.py [--check]`.

With `--check` nothing is written, and a README that says something else is exit code 1. The picture shows the
same output, so it is as old as the README.
"""

from __future__ import annotations

import inspect
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
README, PICTURE = ROOT / "README.md", ROOT / "docs" / "check.svg"
ACCURACY, ADVICE = ROOT / "docs" / "accuracy.md", ROOT / "docs" / "advice.md"
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


ADVICE_HEAD = """# What it advises

One rule a section. What a rule offers is forecast on the workflow itself, on the machine at hand, and shown
only where that comes out better. *Lossless*: the result stays as it is. *Lossy*: it changes, and the
suggestion says how. *Manual*: no edit of the workflow can do it. `tools/readme.py` makes this page of the
rules' own texts.
"""


def advice() -> str:
    """All rules, each with its own text as a section."""
    sys.path.insert(0, str(ROOT))
    from estimator.advice.rules import RULES

    return ADVICE_HEAD + "".join(section(rule) for rule in sorted(RULES, key=lambda rule: rule.CODE))


def section(rule: ModuleType) -> str:
    """One rule: its title, how it applies, and what its docstring says."""
    title, _, body = inspect.cleandoc(rule.__doc__ or "").partition("\n\n")
    body = re.sub(r"^## (.*)\n", r"**\1.** ", body, flags=re.MULTILINE)
    return f"\n## {rule.CODE}\n\n{title} *{rule.APPLICABILITY.capitalize()}.*\n\n{body}\n"


def main() -> int:
    """Write the blocks, or say which are out of date."""
    old = README.read_text(encoding="utf-8")
    arguments = first_command(old)
    output = run("-m", "estimator", *arguments)
    new = block(old, "output", f"```text\n{output}\n```")
    new = block(new, "accuracy", run("benchmarks/accuracy.py"))
    pages = {README: new, ACCURACY: run("benchmarks/accuracy.py", "--document") + "\n", ADVICE: advice()}
    if "--check" in sys.argv:
        stale = [path.name for path, page in pages.items() if page != known(path)]
        print(f"{', '.join(stale)}: out of date. Run python tools/readme.py" if stale else "up to date")
        return int(bool(stale))
    for path, page in pages.items():
        path.write_text(page, encoding="utf-8")
    PICTURE.write_text(picture(arguments), encoding="utf-8")
    return 0


def known(path: Path) -> str:
    """What a page says now."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    raise SystemExit(main())
