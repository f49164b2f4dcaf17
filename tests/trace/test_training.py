"""Training on a pretended card: gradients by our own walk of the graph, adapters as ComfyUI makes them."""

import json
import subprocess
import sys

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.costs.trained import BLOCK, Training, held, parts
from vram_forecast.estimator.formats import Tensor, TensorTable
from vram_forecast.estimator.models import identify

SLUGS = ("sd_xl_base_1.0", "flux1-dev", "wan2.1_t2v_1.3B_fp16", "qwen_image_bf16")
ALGORITHMS = ("LoRA", "LoHa", "LoKr", "OFT")
# In a process of its own: it imports ComfyUI and pretends a card.
ADAPTERS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from estimator.trace.checkout import comfy, open_checkout
version = [int(part) for part in open_checkout(sys.argv[2]).version.split(".")[:2]]
import torch
from estimator.trace.device import pretendable, pretended
from estimator.trace.models import of_slug
from estimator.trace.samplers import of_header
maps, found = comfy("weight_adapter").adapter_maps, {}
for slug in json.loads(sys.argv[3]):
    with pretended(pretendable()):
        model = of_header(of_slug(slug), torch.bfloat16, torch.bfloat16, pretendable())
        layers = [one for one in model.modules() if hasattr(one, "weight_function")]
        found[slug] = {}
        for algorithm in json.loads(sys.argv[4]):
            sizes = []
            for layer in layers:
                weight, bias = layer.weight, getattr(layer, "bias", None)
                if weight is not None and weight.dim() > 1:
                    made = maps[algorithm].create_train(weight, rank=8, alpha=1.0)
                    sizes += [one.numel() for one in made.parameters()]
                elif weight is not None:
                    sizes.append(weight.numel())
                if bias is not None:
                    sizes.append(bias.numel())
            found[slug][algorithm] = sorted(sizes)
print(json.dumps([version, found]))
"""


def trained(algorithm="LoRA", optimizer="AdamW", adapters="BF16", rank=8):
    return Training(rank, algorithm, optimizer, adapters, "BF16", "train", True)


def component(slug):
    """The diffusion model of a header."""
    kept = facts.header(slug)["tensors"]
    tensors = {name: Tensor(name, dtype, tuple(shape)) for name, (dtype, shape) in kept.items()}
    found = identify(TensorTable(slug, "safetensors", 0, 0, {}, tensors)).components
    return next(one for one in found if one.role == "diffusion_model")


def test_what_is_trained_is_what_comfyui_makes_for_every_layer(comfyui, root):
    asked = (json.dumps(SLUGS), json.dumps(ALGORITHMS))
    ran = subprocess.run(
        [sys.executable, "-c", ADAPTERS, root, comfyui, *asked], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    version, real = json.loads(ran.stdout.splitlines()[-1])
    for slug in SLUGS:
        for algorithm in ALGORITHMS:
            ours, theirs = sorted(parts(component(slug), trained(algorithm))), real[slug][algorithm]
            # In 0.3.75 FLUX's norms were not trained, and two factors of LoKr were others.
            assert sum(ours) == pytest.approx(sum(theirs), rel=1e-3), (slug, algorithm)
            assert ours == theirs or version < [0, 14], (slug, algorithm)


def test_each_number_has_its_gradient_and_what_the_optimizer_keeps():
    model = component("sd_xl_base_1.0")
    blocks = sum(-(-2 * count // BLOCK) for count in parts(model, trained()))
    assert held(model, trained()) == 4 * BLOCK * blocks
    assert held(model, trained(optimizer="RMSprop")) == 3 * BLOCK * blocks
    assert held(model, trained(optimizer="SGD")) == 2 * BLOCK * blocks
    assert held(model, trained(adapters="F32")) > 1.9 * held(model, trained())


def test_gradients_of_a_walk_are_those_of_torchs_own_engine(torch):
    from vram_forecast.estimator.trace.backward import of_last

    def leaves():
        torch.manual_seed(1)
        sides = ((4, 5), (1, 5), (5, 5), ())
        return [torch.randn(side, requires_grad=True) for side in sides]

    def loss(x, bias, weight, scale):
        h = x + bias
        h = h + torch.nn.functional.gelu(h @ (weight + scale * weight.t()))
        a, b = (h * h.softmax(-1)).to(torch.bfloat16).chunk(2, 0)
        return torch.cat([a * b, b]).float().pow(2).mean()

    real, walked = leaves(), leaves()
    loss(*real).backward()
    of_last(lambda: loss(*walked).backward())
    for one, other in zip(real, walked, strict=True):
        assert torch.equal(one.grad, other.grad)


def test_a_checkpointed_part_is_made_again_and_let_go(torch):
    from torch.utils.checkpoint import checkpoint
    from vram_forecast.estimator.trace.backward import of_last
    from vram_forecast.estimator.trace.device import pretendable, pretended
    from vram_forecast.estimator.trace.meter import Meter

    def wide(x):
        for _ in range(8):
            x = (x * x).sin()
        return x

    def peak(run, blocks=4):
        with pretended(pretendable()):
            start = torch.empty(1 << 20, device=pretendable(), requires_grad=True)
            start.grad = torch.zeros_like(start)

            def once():
                x = start
                for _ in range(blocks):
                    x = run(x)
                x.sum().backward()

            with Meter(pretendable()) as meter:
                of_last(once)
            assert meter.live == 0
            return meter.peak / start.nbytes

    whole = peak(wide)
    assert whole == pytest.approx(4 * 8 * 2, abs=4)  # a step keeps what it squares, and what the sine is of
    again = peak(lambda x: checkpoint(wide, x, use_reentrant=False))
    assert again == pytest.approx(8 * 2 + 3, abs=4)  # one part's own, and the others' inputs


@pytest.mark.parametrize("rows", [4096, 77])
def test_attention_keeps_inputs_output_and_a_number_for_each_query(torch, rows):
    from vram_forecast.estimator.trace.attention import FusedAttention
    from vram_forecast.estimator.trace.backward import of_last
    from vram_forecast.estimator.trace.device import pretendable, pretended
    from vram_forecast.estimator.trace.meter import Meter

    with pretended(pretendable()):
        q, k = (
            torch.empty(1, 2, n, 64, dtype=torch.float16, device=pretendable(), requires_grad=True)
            for n in (4096, rows)
        )
        for one in (q, k):
            one.grad = torch.zeros_like(one)
        meter = Meter(pretendable())
        with meter, FusedAttention(meter):
            of_last(lambda: torch.nn.functional.scaled_dot_product_attention(q, k, k).sum().backward())
    forward = 2 * 2 * 2 * 4096 * rows * 64
    assert meter.flops == forward + forward * 5 // 2


@pytest.mark.parametrize("checkpointed", [False, True])
def test_a_walk_peaks_where_torchs_own_engine_does(torch, checkpointed):
    """On the processor, of which that engine asks no streams."""
    from torch.utils.checkpoint import checkpoint
    from vram_forecast.estimator.trace.backward import of_last
    from vram_forecast.estimator.trace.device import pretended
    from vram_forecast.estimator.trace.meter import Meter

    def block(x, weight):
        h = torch.nn.functional.layer_norm(x, x.shape[-1:])
        h = torch.nn.functional.gelu(h @ (weight + 0.5 * weight.t()))
        return x + h * h.softmax(-1)

    def peak(engine):
        with pretended("cpu"), torch.enable_grad():
            start = torch.empty(512, 256, requires_grad=True)
            weights = [torch.empty(256, 256, requires_grad=True) for _ in range(5)]
            for one in (start, *weights):
                one.grad = torch.zeros_like(one)

            def once():
                x = start
                for weight in weights:
                    again = checkpointed
                    x = checkpoint(block, x, weight, use_reentrant=False) if again else block(x, weight)
                x.float().pow(2).mean().backward()

            with Meter("cpu") as meter:
                engine(once)
            assert meter.live == 0
            return meter.peak

    assert peak(of_last) == pytest.approx(peak(lambda once: once()), rel=0.01)
