"""Which card: grades, balance, what the references take, and what cards can be asked by."""

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.charts import grades
from vram_forecast.estimator.charts.cards import (
    Card,
    balance_word,
    chosen,
    intensity,
    ordered,
    orders,
    rated,
    segment,
    segments,
    short,
    waiting,
)
from vram_forecast.estimator.charts.references import references, work
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.options import usual_machine
from vram_forecast.estimator.runtime.cards import card, cards


def one(name):
    row = card(name)
    return rated(row, usual_machine(row))


# The article's cards, and what they come to by the bounds.
@pytest.mark.parametrize(
    ("name", "vram", "bandwidth", "compute"),
    [
        ("rtx-3060-12gb", "blue", "yellow", "red"),
        ("rtx-3090", "green", "green", "blue"),
        ("rtx-4060-ti-16gb", "blue", "yellow", "yellow"),
        ("rtx-5060-ti-16gb", "blue", "yellow", "yellow"),
        ("rtx-4090", "green", "green", "green"),
        ("rtx-5090", "green", "green", "green"),
        ("h100-sxm-80", "purple", "purple", "green"),
        ("rx-7900-xtx", "green", "green", "purple"),
        ("gb10", "purple", "purple", None),
        ("apple-m4-max", "purple", "purple", "purple"),
    ],
)
def test_a_card_is_graded_by_each_of_the_three_keys(name, vram, bandwidth, compute):
    assert one(name).grades == {"vram": vram, "bandwidth": bandwidth, "compute": compute}


@pytest.mark.parametrize("key", grades.KEYS)
def test_an_amount_at_a_bound_has_the_grade_that_begins_there(key):
    bounds = grades.keys()[key]["from"]
    assert list(bounds) == [grades.graded(key, bound) for bound in bounds.values()]
    before = ["red", *bounds][: len(bounds)]
    assert before == [grades.graded(key, bound - 0.01) for bound in bounds.values()]


def test_every_grade_has_a_word_a_sign_and_a_shape_of_its_own():
    rows = facts.table("charts/style")["grade"]
    assert [row["id"] for row in rows] == list(grades.ORDER)
    for part in ("word", "sign", "marker", "colour"):
        assert len({row[part] for row in rows}) == len(rows)


def test_a_card_that_was_never_released_has_no_numbers():
    assert one("rtx-5070-super") == Card(card("rtx-5070-super"))


def test_a_card_whose_rate_nobody_states_has_verdicts_without_seconds():
    found = one("titan-rtx")
    assert found.rates.f16 is None and found.flop_per_byte is None and found.waits == {}
    assert {outcome.seconds for outcome in found.outcomes.values()} == {None}
    assert {outcome.verdict for outcome in found.outcomes.values()} <= {"resident", "streamed"}


def test_types_that_a_card_does_not_multiply_have_no_rate():
    turing, ampere, ada, blackwell = (
        one(name).rates for name in ("rtx-2080-ti", "rtx-3090", "rtx-4090", "rtx-5090")
    )
    assert (turing.f8, ampere.f8, ada.f4) == (None, None, None)
    assert ada.f8 == pytest.approx(330.3, rel=0.01)
    assert blackwell.f4 == pytest.approx(1676, rel=0.01)
    assert ampere.i8 == pytest.approx(284.6, rel=0.01)


def test_all_references_are_understood_and_finish_on_a_large_card():
    for reference in references():
        assert work(reference.id).unknown == ()
    found = one("rtx-5090").outcomes
    assert [outcome.verdict for outcome in found.values()] == ["resident"] * len(references())
    assert all(
        outcome.seconds.low < outcome.seconds.best < outcome.seconds.high for outcome in found.values()
    )


def test_the_quicker_card_of_an_architecture_runs_every_reference_in_less_time():
    slow, quick = one("rtx-4060-ti-16gb"), one("rtx-4070-ti-super")
    assert all(quick.seconds(name) < slow.seconds(name) for name in quick.outcomes)


def test_the_balance_is_rate_over_bandwidth():
    device = usual_machine(card("rtx-4090")).device
    assert intensity(device) == pytest.approx(165.2e12 / 1008.4e9, rel=0.01)


def test_a_pass_waits_for_memory_half_its_time_where_card_and_work_are_alike():
    row = facts.table("charts/cards")["pass"][0]
    assert waiting(row["flop"] / row["moved"], row["id"]) == pytest.approx(0.5)
    assert waiting(80, row["id"]) < waiting(160, row["id"])


def test_the_articles_pair_differs_in_balance():
    words = [balance_word(one(name)) for name in ("rtx-4060-ti-16gb", "rtx-5060-ti-16gb", "rtx-3090")]
    assert words == ["short of bandwidth", "in balance", "bandwidth to spare"]


def test_a_larger_card_holds_what_a_smaller_one_holds_and_more():
    small, large = one("rtx-5060-ti-8gb"), one("rtx-5060-ti-16gb")
    assert set(small.unlocks) < set(large.unlocks)
    assert set(large.newly) <= set(large.unlocks) - set(small.unlocks)
    assert "Wan 2.2 14B t2v" in large.newly


def test_without_a_wish_released_desktop_cards_are_shown():
    rows = chosen()
    assert {"geforce", "titan", "radeon", "arc"} == {row["segment"] for row in rows}
    assert {"released"} == {row["status"] for row in rows}


def test_all_means_all():
    assert chosen(everything=True) == cards()
    assert len(chosen(everything=True, vendor="intel")) == sum(row["vendor"] == "intel" for row in cards())


def test_cards_are_found_by_maker_kind_and_size():
    assert {"Apple M4 Max"} <= {row["name"] for row in chosen(vendor="apple")}
    assert all(row["segment"] == "laptop" for row in chosen(kind="laptop"))
    assert all(row["vram_gb"] >= 24 for row in chosen(least_gb=24))


@pytest.mark.parametrize(
    ("wish", "option"), [({"vendor": "3dfx"}, "--vendor"), ({"kind": "toy"}, "--segment")]
)
def test_a_wish_that_is_not_known_names_those_that_are(wish, option):
    with pytest.raises(InputError, match=f"{option}.*Use "):
        chosen(**wish)


def test_every_row_is_of_a_segment_that_can_be_asked_for():
    assert {segment(row) for row in cards()} == set(segments())


@pytest.mark.parametrize("key", orders())
def test_cards_sort_by_every_key_with_what_is_not_known_last(key):
    found = ordered([one(name) for name in ("rtx-5070-super", "rtx-3060-12gb", "rtx-4090")], key)
    least = "RTX 3060 12 GB" if key in ("name", "balance") else "RTX 4090"
    assert (found[0].name, found[-1].name) == (least, "RTX 5070 SUPER")


def test_an_order_that_cards_do_not_have_names_those_they_have():
    with pytest.raises(InputError, match=r"--sort.*vram.*sdxl"):
        ordered([], "price")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("GeForce RTX 4090 Laptop GPU", "RTX 4090 Laptop"),
        ("Radeon RX 9070 XT", "RX 9070 XT"),
        ("RTX 4000 Ada Generation", "RTX 4000 Ada"),
        ("Radeon 8060S", "Radeon 8060S"),
    ],
)
def test_a_name_is_as_short_as_people_say_it(name, said):
    assert said == short(name)


def test_no_row_has_a_price():
    assert not [row["id"] for row in cards() if any("price" in key or "usd" in key for key in row)]
