"""A fuzz target for all formats, run by `python tests/fuzz/fuzz_formats.py -max_total_time=60`.

Needs `atheris` (`pip install -e ".[fuzz]"`). Arguments are libFuzzer's; a folder among them is its corpus.
Anything but a `FormatError` of one line is a finding: libFuzzer then writes the input to a file and stops.
"""

import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "fuzz")]

with atheris.instrument_imports(include=["estimator.formats", "estimator.models"]):
    from seeds import SEEDS

    from estimator.errors import FormatError
    from estimator.formats import read
    from estimator.models import identify

EXTENSIONS = [extension for extension, _ in SEEDS.values()]


def one_input(data: bytes) -> None:
    """One file: its first byte chooses the extension, the others are its content."""
    path = FOLDER / f"m{EXTENSIONS[data[0] % len(EXTENSIONS)] if data else '.bin'}"
    path.write_bytes(data[1:])
    try:
        identify(read(path))
    except FormatError as error:
        if "\n" in str(error):
            raise ValueError("an error of more than one line") from error


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        FOLDER = Path(folder)
        corpus = FOLDER / "corpus"
        corpus.mkdir()
        for index, (name, (_, content)) in enumerate(SEEDS.items()):
            (corpus / name).write_bytes(bytes([index]) + content)
        atheris.Setup([*sys.argv, str(corpus)], one_input)
        atheris.Fuzz()
