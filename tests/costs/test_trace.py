"""The tracer's parts: what counts as new memory, what attention allocates, and how laws are solved for."""

import numpy
import pytest


@pytest.fixture
def meter(torch):
    """A meter inside a pretended device of the kind that this torch can pretend."""
    from vram_forecast.estimator.trace.device import pretendable, pretended
    from vram_forecast.estimator.trace.meter import Meter

    with pretended(pretendable()):
        yield Meter(pretendable())


def test_what_was_there_before_counts_zero_also_through_a_view(torch, meter):
    weight = torch.empty(1024, 1024, device=meter.device)
    with meter:
        weight.t()[:512].add_(1)
    assert 0 == meter.peak


def test_memory_is_counted_in_blocks_and_given_back_when_its_last_view_dies(torch, meter):
    with meter:
        first = torch.empty(100, device=meter.device)
        view = first[:10]
        assert 512 == meter.live
        del first
        assert 512 == meter.live
        del view
    assert (512, 0) == (meter.peak, meter.live)


def test_the_peak_is_what_lived_at_once(torch, meter):
    def chain(x):
        for _ in range(5):
            x = x * 2
        return x

    start = torch.empty(1024, device=meter.device)
    with meter:
        chain(start)
    assert 2 * 4096 == meter.peak


def test_attention_makes_its_output_and_no_scores(torch, meter):
    from vram_forecast.estimator.trace.attention import FusedAttention

    q, k = (torch.empty(1, 2, length, 64, dtype=torch.float16, device=meter.device) for length in (4096, 77))
    with meter, FusedAttention(meter):
        out = torch.nn.functional.scaled_dot_product_attention(q, k, k)
    assert q.shape == out.shape
    assert q.nbytes == meter.peak
    assert 2 * 2 * 2 * 4096 * 77 * 64 == meter.flops


def test_an_output_of_attention_lies_in_memory_as_its_query(torch, meter):
    from vram_forecast.estimator.trace.attention import FusedAttention

    q = torch.empty(1, 4096, 2, 64, device=meter.device).transpose(1, 2)
    with meter, FusedAttention(meter):
        out = torch.nn.functional.scaled_dot_product_attention(q, q, q)
        out.transpose(1, 2).reshape(1, 4096, 128)
    assert q.nbytes == meter.peak


def test_a_convolution_is_counted_with_its_input_and_output(torch, meter):
    image = torch.empty(1, 3, 64, 64, device=meter.device)
    layer = torch.nn.Conv2d(3, 8, 3, padding=1, device=meter.device)
    with meter:
        layer(image)
    assert [(3 + 8) * 64 * 64 * 4] == meter.convs
    assert 2 * 3 * 3 * 3 * 8 * 64 * 64 == meter.flops


def test_a_module_moves_and_changes_its_type_without_memory(torch, meter):
    moved = torch.nn.Linear(8, 8).to(meter.device, torch.bfloat16)
    assert (meter.device, torch.bfloat16) == (moved.weight.device.type, moved.weight.dtype)


@pytest.mark.parametrize("start", [0, 1], ids=["as long", "of different lengths"])
def test_a_law_is_solved_for_by_program_point(start):
    from vram_forecast.estimator.trace import fit

    tokens = [64, 256, 1024, 4096]
    features = numpy.array([[1, n] for n in tokens], dtype=float)
    # Some points run more operations first; what matters comes last.
    series = [[3] * (start * place) + [1000 + n, 40 * n, 20 * n + 9000, 7] for place, n in enumerate(tokens)]
    assert [[0, 40], [9000, 20]] == sorted(fit.pieces(features, features, series))


def test_a_peak_between_differing_starts_and_ends_is_a_program_point_of_its_own():
    from vram_forecast.estimator.trace import fit

    tokens = [64, 256, 1024, 4096]
    features = numpy.array([[1, n] for n in tokens], dtype=float)
    series = [[n % 7] * place + [100 * n] + [n % 5] * place for place, n in enumerate(tokens)]
    assert [[0, 100]] == fit.pieces(features, features, series)


def test_a_piece_that_only_matters_beyond_the_grid_is_kept():
    from vram_forecast.estimator.trace import fit

    features = numpy.array([[1, n] for n in (1, 2, 3)], dtype=float)
    beyond = numpy.array([[1, 100]], dtype=float)
    series = [[10 * n, 500] for n in (1, 2, 3)]
    assert [[0, 10], [500, 0]] == sorted(fit.pieces(features, beyond, series))
