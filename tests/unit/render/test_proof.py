"""What the proof lets pass, and what it tells of."""

from __future__ import annotations

import pytest

from cube_airgap.catalogue import Allowance
from cube_airgap.errors import AirgapError, SeveralErrors
from cube_airgap.relocation import Relocation, Rule
from cube_install.render.render import render
from cube_install.render.site_registry import SiteRegistry
from tests.support.rendering import MODEL, STACK, rendered, source, wishes

_POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: infra}\nspec:\n  containers:\n"


def told(files: dict[str, bytes], *allowed: Allowance) -> list[tuple[str, str]]:
    """What stops the rendering with `files`, and the remedies."""
    with pytest.raises(AirgapError) as caught:
        rendered(files, allowed=allowed)
    error = caught.value
    errors = error.errors if isinstance(error, SeveralErrors) else (error,)
    return [(one.what, one.remedy) for one in errors]


def pod(*images: str) -> dict[str, bytes]:
    lines = "".join(f"    - {{name: c{n}, image: {one}}}\n" for n, one in enumerate(images))
    return {"namespaces/pod.yaml": _POD + lines.encode()}


def test_all_places_are_told_at_once() -> None:
    found = told(pod("quay.io/a/b:1", "nginx:1.27", "quay.io/a/c:2"))
    assert [what for what, _ in found] == [
        "stack/namespaces/pod.yaml:6: quay.io/a/b:1 is not in the bundle (container image)",
        "stack/namespaces/pod.yaml:8: quay.io/a/c:2 is not in the bundle (container image)",
    ]


def test_an_image_of_the_registry_that_the_bundle_lacks_is_told() -> None:
    ((what, _),) = told(pod("harbor.example/cube-studio/unheard:1"))
    assert "harbor.example/cube-studio/unheard:1 is not in the bundle's images" in what


def test_what_an_operator_asks_for_unsaid_is_told_with_its_flag() -> None:
    found = told(pod("kubeflow/training-operator:v1-8a066f9"))
    remedies = {remedy for what, remedy in found if "default compiled into an operator" in what}
    assert remedies == {"set the operator's flag for it to an image of the bundle"}


def test_a_download_that_the_bundle_lacks_is_told() -> None:
    job = b'{"a": {"workdir": "wget https://data.invalid/set.zip"}}'
    stack = STACK.replace('"config/*.bin"', '"config/*.bin", config/more.json')
    found = told({"web/config/more.json": job, "stack.yaml": stack.encode()})
    assert found[0][0] == (
        "stack/web/config/more.json:1: https://data.invalid/set.zip is downloaded, and not in the "
        "bundle (text inside a value)"
    )


def test_a_carried_download_without_a_place_in_the_cluster_is_told() -> None:
    lines = [line for line in STACK.splitlines(keepends=True) if not line.startswith("assets:")]
    ((what, remedy),) = told({"stack.yaml": "".join(lines).encode()})
    assert f"{MODEL} could not be rewritten" in what
    assert "say in stack.yaml where" in remedy


def test_a_reference_in_parts_whose_end_relocation_changes_is_told() -> None:
    relocation = Relocation([Rule("docker.io/istio/proxyv2", "mirror/p"), Rule("", "all")])
    registry = SiteRegistry("harbor.example", "cube-studio", relocation)
    with pytest.raises(SeveralErrors) as caught:
        render(source(), registry, wishes())
    remedies = {
        one.remedy for one in caught.value.errors if "istio/proxyv2:1.15.0 could not" in one.what
    }
    assert len(remedies) == 1
    assert "relocation rule that keeps the end of the name" in remedies.pop()


def test_what_is_allowed_passes() -> None:
    allowed = Allowance("image", "quay.io/a/b:1", "the site has it")
    assert rendered(pod("quay.io/a/b:1"), allowed=(allowed,)).components


def test_a_file_that_cannot_be_read_is_told() -> None:
    found = told({"namespaces/broken.yaml": b"apiVersion: v1\nkind: [\n"})
    assert "stack/namespaces/broken.yaml:3: it is not YAML" in found[0][0]
