"""A model that was not traced in just these types is priced by another law, whose band holds the traces."""

import json
from pathlib import Path

import pytest
from vram_forecast.estimator.costs import Shape, cost
from vram_forecast.estimator.forecast.copies import with_copies

POINTS = sorted((Path(__file__).parents[1] / "costs" / "held_out").glob("*.json"))


def cases(compute_bytes):
    """Each held-out point of a forward with cast weights, with what the law of 16-bit weights makes of it."""
    for path in POINTS:
        for point in json.loads(path.read_text()):
            if (point["operation"], point["storage"], point["compute_bytes"]) != (
                "forward",
                "cast",
                compute_bytes,
            ):
                continue
            asked = {"shape": Shape(**point["shape"]), "comfy": point["version"]}
            plain = cost(path.stem, "forward", **asked, storage="native", compute_bytes=2)
            own = cost(path.stem, "forward", **asked, storage="cast", compute_bytes=compute_bytes)
            if plain is not None:
                yield path.stem, point["peak"], with_copies(plain, compute_bytes // 2, own.cast).activations


@pytest.mark.parametrize("compute_bytes", [2, 4])
def test_the_band_of_the_rule_holds_what_was_traced(compute_bytes):
    found = list(cases(compute_bytes))
    outside = [(name, peak) for name, peak, band in found if not band.low <= peak <= band.high]
    assert len(found) > 200
    assert len(outside) <= len(found) / 50, outside
