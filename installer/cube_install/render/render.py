"""Rendering a stack for a site: pure, from values to objects, with the proof that nothing leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import raise_all
from cube_airgap.stack_values import choose
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.render.components import rendered_components
from cube_install.render.files import rendered_files
from cube_install.render.generated import Generated
from cube_install.render.image_admission import SERVED_AS, admission_objects
from cube_install.render.places import Places, asset_addresses
from cube_install.render.places_map import places_map
from cube_install.render.proof import check_proof
from cube_install.render.site_registry import SiteRegistry, check_host
from cube_install.render.substitution import all_values, filled_text
from cube_install.stack.rendered import Adoption, RenderedStack, SecretKey, StackSecret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from cube_airgap.stack_entries import KeyRule, Scalar, SecretRule
    from cube_airgap.stack_values import Wishes
    from cube_install.render.generated import Generator
    from cube_install.render.source import StackSource


def render(source: StackSource, registry: SiteRegistry, wishes: Wishes) -> RenderedStack:
    """What `source` is for the site with `registry` and `wishes`; the same each time.

    Raises UsageError, or SeveralErrors with all of a kind: for values, for references that the
    site's registry would not have, and for files that make no objects.
    """
    check_host(registry.host)
    stack = source.stack
    chosen = choose(stack, wishes)
    values = all_values(chosen.values, registry, source)
    addresses = asset_addresses(source.assets, filled_text(stack.assets, values))
    places = Places(registry.targets(source.images), addresses)
    files = rendered_files(source, chosen.components, values, places)
    raise_all(list(check_proof(files, source, places)))
    return RenderedStack(
        name=stack.name,
        platform=stack.platform,
        bundle=source.bundle,
        registry=registry.name,
        components=rendered_components(
            stack, chosen.components, files, _generators(source, registry, places)
        ),
        secrets=tuple(_secret(one, values) for one in chosen.secrets),
        pull_secret=stack.pull_secret,
        values=chosen.values,
    )


def _generators(
    source: StackSource, registry: SiteRegistry, places: Places
) -> dict[str, Generator]:
    """What a component's `generates` may name (stack.schema.json)."""

    def admission(namespaces: AbstractSet[str]) -> Iterator[Generated]:
        for body in admission_objects(places.targets, namespaces):
            yield Generated(body, SERVED_AS)

    def of_places(_: AbstractSet[str]) -> Iterator[Generated]:
        yield Generated(places_map(registry, places, source.assets))

    return {"image-admission": admission, "places": of_places}


def _secret(rule: SecretRule, values: Mapping[str, Scalar]) -> StackSecret:
    keys = {name: _key(one, values) for name, one in rule.keys.items()}
    return StackSecret(rule.name, rule.namespaces, rule.about, keys, rule.kind)


def _key(rule: KeyRule, values: Mapping[str, Scalar]) -> SecretKey:
    adopt = None
    if rule.adopted:
        adopted = rule.adopted
        workload = ObjectKey("apps", adopted.kind, adopted.namespace, adopted.name)
        adopt = Adoption(workload, adopted.env)
    return SecretKey(filled_text(rule.text, values), rule.length, adopt)
