"""The frontend's modules: their types, their style, and their own unit tests, by node's tools."""

import json
import os
import re
import shutil
import subprocess

import pytest

HOW = "node 20 or newer, and then `npm install`"


@pytest.fixture
def run(root):
    """A function that runs a script of package.json; gives its output, and whether it passed."""

    def script(name):
        if not shutil.which("npm") or not (root / "node_modules").exists():
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"needs {HOW}")
        ran = subprocess.run(
            ["npm", "run", "--silent", name], cwd=root, capture_output=True, text=True, timeout=300
        )
        return ran.returncode == 0, ran.stdout + ran.stderr

    return script


@pytest.mark.parametrize("script", ["types", "lint", "test"])
def test_the_modules_pass(run, script):
    passed, said = run(script)
    assert passed, said


@pytest.mark.parametrize("room", [".", "sentence", "advice"])
def test_the_texts_of_all_languages_have_the_same_keys_and_slots(root, room):
    def shape(path):
        told = json.loads(path.read_text(encoding="utf-8"))
        return {key: sorted(re.findall(r"\{\w+\}", said)) for key, said in told.items()}

    english = shape(root / "web" / "texts" / room / "en.json")
    for language in ("ru", "zh", "ja"):
        assert english == shape(root / "web" / "texts" / room / f"{language}.json"), language
