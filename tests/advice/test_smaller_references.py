"""smaller-references: pictures that an edit model is shown beside the one that it makes."""

from advising import case_of, kept_promises, offered, written
from prompts import flux, node
from vram_forecast.estimator.advice.rules import smaller_references, smaller_size


def edited(batch=4, megapixels=4.0):
    """FLUX with a reference picture of so many megapixels, on the size of the prompt's own latent."""
    prompt = flux(batch=batch)
    scaled = {"image": ["30", 0], "upscale_method": "area", "megapixels": megapixels, "resolution_steps": 1}
    sampler = prompt["8"]["inputs"] | {"positive": ["33", 0]}
    return prompt | {
        "8": prompt["8"] | {"inputs": sampler},
        "30": node("LoadImage", image="x.png"),
        "31": node("ImageScaleToTotalPixels", **scaled),
        "32": node("VAEEncode", pixels=["31", 0], vae=["3", 0]),
        "33": node("ReferenceLatent", conditioning=["5", 0], latent=["32", 0]),
    }


def test_a_reference_gets_fewer_megapixels_and_the_picture_keeps_its_size():
    case = case_of(edited(), gpu="rtx-2060")
    found = kept_promises(smaller_references, case)
    assert {key for one in found for key in written(one)} == {("31", "megapixels")}
    assert all(written(one)["31", "megapixels"] < 4 for one in found)
    assert found[0].title == f"Scale the reference picture to {found[0].choice[:-2]} megapixels"
    after = case.after(found[0]).graph
    assert after.nodes["4"] == case.graph.nodes["4"]


def test_the_picture_itself_can_get_smaller_instead_and_the_reference_stays():
    found = offered(smaller_size, case_of(edited(), gpu="rtx-2060"))
    assert found
    assert all(node_id == "4" for one in found.values() for node_id, _ in written(one))


def test_without_a_reference_there_is_none_to_scale():
    assert offered(smaller_references, case_of(flux(2048, 2048, batch=8), gpu="rtx-2060")) == {}
    assert offered(smaller_references, case_of(edited(batch=1, megapixels=1.0), gpu="rtx-4090")) == {}


def test_a_factor_is_not_taken_for_megapixels():
    prompt = edited()
    prompt["31"] = node("ImageScaleBy", image=["30", 0], upscale_method="area", scale_by=2.0)
    case = case_of(prompt, gpu="rtx-2060")
    assert any(step.shape.reference for step in case.workload.steps if step.shape)
    assert offered(smaller_references, case) == {}
