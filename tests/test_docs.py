"""What the documentation says is what the program does."""

import re
import subprocess
import sys

import pytest
from prompts import nowhere
from vram_forecast.estimator.advice.rules import RULES
from vram_forecast.estimator.api import check
from vram_forecast.estimator.cli import app
from vram_forecast.estimator.forecast import VERDICTS
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.units import BASES


@pytest.mark.parametrize("tool", ["readme", "gpus_page"])
def test_pages_show_what_is_really_printed_and_measured(root, tool):
    done = subprocess.run(
        [sys.executable, root / "tools" / f"{tool}.py", "--check"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.strip()) == (0, "up to date")


def test_every_command_is_in_the_readme_and_says_what_it_does(root):
    readme = (root / "README.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert f"`vram-forecast {command.callback.__name__}" in readme
        assert command.callback.__doc__


@pytest.mark.parametrize("words", [VERDICTS, BASES], ids=["verdicts", "bases"])
def test_every_verdict_and_basis_is_explained(root, words):
    page = (root / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    assert sorted(words) == sorted(word for word in words if f"| {word} |" in page)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.CODE)
def test_every_rule_says_what_it_does_why_it_helps_and_what_it_costs(rule):
    asked, more = ["What it does", "Why it helps", "Quality"], ["When it is left out"]
    assert re.findall(r"^## (.*)$", rule.__doc__, re.MULTILINE) in (asked, asked + more)


def test_every_example_workflow_is_understood_without_its_models(root):
    examples = sorted((root / "example_workflows").glob("*.json"))
    assert examples
    for path in examples:
        found = check(path, machine(gpu="rtx-4090", ram=64, system="linux"), nowhere).forecast
        assert found.unknown == (), path.name
        assert found.verdict == "resident", path.name
