"""The words of the nodes: the same keys in every language, the same units, and a page for each."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "ru", "zh", "ja")
FILES = ("commands.json", "nodeDefs.json", "main.json", "settings.json")
# Words that no language translates: units, memory, and what nodes give as a value.
SAME = r"GiB|GPU|VRAM|RAM|NaN|ComfyUI|\b(?:resident|streamed|disk|spill|oom|unknown)\b|\d+"
NODES = json.loads((ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8"))


def words(language, file):
    """Each text of a file by its place."""

    def walk(value, at):
        if isinstance(value, dict):
            for key, one in value.items():
                yield from walk(one, (*at, key))
        else:
            yield at, value

    path = ROOT / "locales" / language / file
    return dict(walk(json.loads(path.read_text(encoding="utf-8")), ()))


def test_there_are_no_other_languages_or_files():
    found = {path.relative_to(ROOT / "locales").as_posix() for path in (ROOT / "locales").rglob("*.json")}
    assert {f"{language}/{file}" for language in LANGUAGES for file in FILES} == found


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text(language, file):
    assert set(words("en", file)) == set(words(language, file))
    assert [] == [at for at, text in words(language, file).items() if not str(text).strip()]


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_text_is_in_its_own_language(language):
    letters = {"ru": "[\u0430-\u044f]", "zh": "[\u4e00-\u9fff]", "ja": "[\u3040-\u30ff\u4e00-\u9fff]"}[
        language
    ]
    tooltips = {at: text for at, text in words(language, "nodeDefs.json").items() if at[-1] == "tooltip"}
    missing = [at for at, text in tooltips.items() if not re.search(letters, text)]
    only_values = [at for at in missing if re.fullmatch(rf"(?:{SAME}|\W|или|or)+", tooltips[at])]
    assert only_values == missing


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_units_and_values_are_the_same_in_all_languages(language, file):
    english = words("en", file)
    for at, text in words(language, file).items():
        kept = {"GiB", "NaN", "resident", "streamed", "disk", "spill", "oom", "unknown"}
        ours, theirs = set(re.findall(SAME, text)), set(re.findall(SAME, english[at]))
        assert (at, theirs & kept) == (at, ours & kept) or at[-1] == "description"


@pytest.mark.parametrize("name", NODES)
def test_every_node_has_a_page_with_all_its_inputs_and_outputs(name):
    page = (ROOT / "web" / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {NODES[name]['display_name']}\n")
    rows = set(re.findall(r"^\| ([^|]+) \| [A-Z]+ \| [^|]+ \|$", page, re.MULTILINE))
    inputs = {one["name"] for one in NODES[name].get("inputs", {}).values()}
    outputs = {one["name"] for one in NODES[name].get("outputs", {}).values()}
    assert inputs | outputs == rows


def test_every_page_is_of_a_node():
    assert set(NODES) == {path.stem for path in (ROOT / "web" / "docs").glob("*.md")}


@pytest.mark.parametrize("module, file", [("settings.js", "settings.json"), ("commands.js", "commands.json")])
def test_english_is_what_the_frontend_shows_where_it_has_no_locale(module, file):
    source = (ROOT / "web" / module).read_text(encoding="utf-8")
    said = {text for at, text in words("en", file).items() if at[-2] != "options"}
    assert set() == {text for text in said if f'"{text}"' not in source}
