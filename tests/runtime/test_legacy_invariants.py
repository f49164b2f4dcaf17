"""What holds of the legacy manager whatever is loaded: nothing is freed twice, and the parts add up."""

from hypothesis import example, given, settings
from hypothesis import strategies as some
from vram_forecast.estimator.runtime import Ask, Device, Held, Host, Layer, Machine, Policy
from vram_forecast.estimator.runtime.legacy import LegacyManager
from vram_forecast.estimator.runtime.policy import constants
from vram_forecast.estimator.units import GIB, MIB, ZERO

VERSIONS = ("0.3.64", "0.3.69", "0.3.75", "0.4.0", "0.8.0", "0.18.1", "0.33.0")
LAYERS = some.lists(
    some.tuples(some.integers(1, 600), some.booleans(), some.integers(0, 20).map(bool), some.booleans()),
    min_size=1,
    max_size=20,
)
CALLS = some.lists(
    some.tuples(
        some.lists(some.integers(0, 3), min_size=1, max_size=3, unique=True),
        some.integers(0, 12_000),
        some.none() | some.integers(0, 6_000),
        some.booleans(),
    ),
    min_size=1,
    max_size=8,
)


def model(key, layers):
    """A model of layers: MiB, whether they are cast, castable, and counted by a partial load."""
    each = tuple(
        Layer(f"{number}", size * MIB, size * MIB * cast, castable, leaf)
        for number, (size, cast, castable, leaf) in enumerate(layers)
    )
    total = sum(layer.bytes for layer in each)
    return Held(key, "diffusion_model", key, "M", "F8_E4M3", "BF16", each, total, total)


def on_card(loaded):
    """The bytes on the card, counted layer by layer."""
    if loaded.rest and all(
        here for here, one in zip(loaded.here, loaded.held.layers, strict=True) if one.leaf
    ):
        return loaded.held.bytes
    others = sum(one.bytes for one in loaded.held.layers if not one.leaf)
    return others * loaded.rest + sum(
        one.bytes for one, here in zip(loaded.held.layers, loaded.here, strict=True) if here and one.leaf
    )


@settings(max_examples=60, deadline=None)
@given(some.lists(LAYERS, min_size=4, max_size=4), CALLS, some.sampled_from(VERSIONS), some.integers(2, 32))
def test_what_is_on_the_card_is_the_sum_of_its_parts_and_never_less_than_nothing(kinds, calls, comfy, gib):
    models = [model(str(number), layers) for number, layers in enumerate(kinds)]
    card = Device("card", "nvidia", gib * GIB, gib * GIB - 500 * MIB, ZERO, 8.9)
    manager = LegacyManager(Machine(card, Host("linux", GIB, GIB), Policy(comfy, False)))
    for chosen, reserve, minimum, full in calls:
        least = None if minimum is None else minimum * MIB
        placed = manager.place([models[one] for one in chosen], Ask(reserve * MIB, least, 0, full))
        known = list(manager.known.values())
        assert [one.bytes for one in known] == [on_card(one) for one in known]
        assert manager.occupied() == sum(one.bytes for one in known)
        assert all(0 <= one.bytes <= one.held.bytes and one.counted <= one.held.bytes for one in known)
        assert [models[one].key for one in chosen] == [one.key for one in placed]
        assert all(0 <= one.resident <= one.weights and 0 <= one.uploaded <= one.resident for one in placed)
        assert len({id(one) for one in manager.loaded}) == len(manager.loaded)


@settings(max_examples=60, deadline=None)
@example([(1, False, False, False)], 1148, "0.3.75", 2)
@given(LAYERS, some.integers(0, 6_000), some.sampled_from(VERSIONS[2:]), some.integers(2, 32))
def test_a_first_load_with_room_for_its_budget_never_overfills_the_card(layers, minimum, comfy, gib):
    card = Device("card", "nvidia", gib * GIB, gib * GIB - 500 * MIB, ZERO, 8.9)
    manager = LegacyManager(Machine(card, Host("linux", GIB, GIB), Policy(comfy, False)))
    (placed,) = manager.place([model("m", layers)], Ask(2 * minimum * MIB, minimum * MIB, 0))
    least = constants(comfy)["least_budget_mib"] * MIB  # some versions load so much in any case
    assert placed.resident <= max(least, card.free - max(1219.2 * MIB, (minimum + 400) * MIB))
