"""The first of some sizes that does, with few tries."""

import pytest
from vram_forecast.estimator.advice.bisect import first


@pytest.mark.parametrize("most", [1, 2, 17, 63, 64])
def test_the_largest_that_does_is_found(most):
    tried = []

    def does(size):
        tried.append(size)
        return size <= most

    assert first(list(range(64, 0, -1)), does) == most
    assert len(tried) <= 8


def test_nothing_is_found_where_the_least_does_not_do_or_there_is_none():
    assert first([3, 2, 1], lambda _: False) is None
    assert first([], lambda _: True) is None
