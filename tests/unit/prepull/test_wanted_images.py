"""Which images a node gets."""

from __future__ import annotations

import pytest

from cube_airgap.catalogue import BundledImage
from cube_airgap.digest import Digest
from cube_airgap.platforms import Platform
from cube_airgap.reference import Reference
from cube_airgap.relocation import default_relocation
from cube_install.node_pods.cluster_members import Member
from cube_install.prepull.wanted_images import GpuImages, pulls_of, wanted_on

BY_NAME = GpuImages()
AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64")


def image(name: str, *platforms: Platform) -> BundledImage:
    return BundledImage(Reference.parse(name), Digest.of(name.encode()), "c", "", platforms)


def member(platform: Platform = AMD, *, has_gpu: bool = False) -> Member:
    return Member("n", platform, is_ready=True, has_gpu=has_gpu, is_control=False)


def wanted(on: Member, *images: BundledImage, gpu: GpuImages = BY_NAME) -> list[str]:
    targets = default_relocation().targets((one.reference for one in images), "h.example")
    found = wanted_on(on, pulls_of(images, targets), gpu)
    return [one.name.partition("/docker.io/library/")[2] for one in found]


def test_a_node_gets_images_of_its_architecture() -> None:
    both = (image("a:1", AMD), image("b:1", ARM), image("c:1", AMD, ARM), image("d:1"))
    assert wanted(member(ARM), *both) == ["b:1", "c:1", "d:1"]


@pytest.mark.parametrize(
    ("name", "is_for_gpus"),
    [
        ("ccr.ccs.tencentyun.com/cube-studio/tfserving:2.14.1-gpu", True),
        ("ccr.ccs.tencentyun.com/cube-studio/ubuntu-gpu:cuda11.8.0-cudnn8-python3.9", True),
        ("ccr.ccs.tencentyun.com/cube-studio/ray:gpu-20250301", True),
        ("ccr.ccs.tencentyun.com/cube-studio/onnxruntime:latest-cuda", True),
        ("ccr.ccs.tencentyun.com/cube-studio/dcgm-exporter:3.1.7", True),
        ("ccr.ccs.tencentyun.com/cube-studio/torchserve:0.7.1-cpu", False),
        ("ccr.ccs.tencentyun.com/cube-studio/notebook:jupyter-ubuntu-cpu-base", False),
        ("nvidia.example/redis:7.4", False),
        ("redis:7.4", False),
    ],
)
def test_images_for_gpus_are_known_by_their_names(name: str, is_for_gpus: bool) -> None:
    assert GpuImages().has(image(name)) is is_for_gpus


def test_images_for_gpus_go_to_nodes_with_a_gpu() -> None:
    images = (image("a:1-gpu"), image("b:1"))
    assert wanted(member(), *images) == ["b:1"]
    assert wanted(member(has_gpu=True), *images) == ["a:1-gpu", "b:1"]


def test_more_images_can_be_said_to_be_for_gpus() -> None:
    images = (image("vllm:1"), image("b:1"))
    assert wanted(member(), *images, gpu=GpuImages(("vllm:*",))) == ["b:1"]
