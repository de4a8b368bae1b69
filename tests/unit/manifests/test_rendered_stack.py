"""The product's own stack, rendered for a site: nothing of it leads outside the site's registry."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cube_airgap.closure_entries import BundledAsset
from cube_airgap.digest import Digest
from cube_airgap.stack_values import Given, Wishes
from cube_bundle.image_list import default_lists, read_list, shipped_lists
from cube_install.render.render import render
from cube_install.render.source import StackSource
from tests.support.rendering import REGISTRY
from tests.support.stack_objects import example_values, product_stack

if TYPE_CHECKING:
    from cube_bundle.assets.request import AssetRequest
    from cube_install.stack.rendered import RenderedStack

_INSTEAD_OF_OTHERS = {"ipvs"}
"""Profiles that exclude another one."""


def _source(lists: tuple[str, ...]) -> StackSource:
    read = [read_list(name) for name in lists]
    images = {image.origin.reference for one in read for image in one.images}
    return StackSource(
        stack=product_stack(),
        bundle=Digest.parse(f"sha256:{0:064}"),
        images=tuple(sorted(images, key=str)),
        assets=tuple(_carried(asset) for one in read for asset in one.assets),
    )


def _carried(asset: AssetRequest) -> BundledAsset:
    digest = Digest.of(asset.url.encode())
    return BundledAsset(asset.name, asset.url, digest, 1, asset.component, asset.why)


def _said(value: object) -> Given:
    return Given(value, "site.yaml:1")


@cache
def _everything() -> RenderedStack:
    profiles = set(product_stack().profiles) - _INSTEAD_OF_OTHERS
    wishes = Wishes(
        {"entry.address": _said(example_values()["entry.address"])},
        {name: _said(True) for name in profiles},
    )
    return render(_source(tuple(shipped_lists())), REGISTRY, wishes)


def test_every_component_renders_and_nothing_of_it_leads_outside() -> None:
    """Rendering itself proves the latter, and fails otherwise."""
    off = {one.name for one in product_stack().components if one.profile in _INSTEAD_OF_OTHERS}
    names = {one.name for one in product_stack().components}

    assert {one.name for one in _everything().components} == names - off


def test_a_default_bundle_has_all_that_the_default_stack_asks_for() -> None:
    wishes = Wishes({"entry.address": _said(example_values()["entry.address"])})

    assert render(_source(default_lists()), REGISTRY, wishes).components


def test_what_a_site_switches_on_comes_with_lists_of_its_own() -> None:
    switched = {"alerting", "custom-metrics", "dashboard-admin", "logging", "metrics-server"}
    wishes = Wishes(
        {"entry.address": _said(example_values()["entry.address"]), "gpu": _said(True)},
        {name: _said(True) for name in switched},
    )
    lists = (*default_lists(), "addons", "logging")
    names = {one.name for one in render(_source(lists), REGISTRY, wishes).components}

    on = {one.name for one in product_stack().components if one.profile in {*switched, "gpu"}}
    assert on <= names


def test_the_image_in_the_operators_argument_is_the_registrys() -> None:
    (operator,) = [
        one.body
        for part in _everything().components
        for one in part.objects
        if one.key.kind == "Deployment" and one.key.name == "prometheus-operator"
    ]
    (container,) = operator["spec"]["template"]["spec"]["containers"]

    assert all(REGISTRY.host in text for text in container["args"] if "reloader" in text)


def test_pods_that_operators_make_pull_with_the_stacks_secret() -> None:
    made = [
        one.body["spec"]["imagePullSecrets"]
        for part in _everything().components
        for one in part.objects
        if one.key.kind in ("Prometheus", "Alertmanager")
    ]

    assert made == [[{"name": "hubsecret"}]] * 2
