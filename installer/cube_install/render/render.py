"""Rendering a stack for a site: pure, from values to objects, with the proof that nothing leaks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cube_airgap.errors import raise_all
from cube_airgap.stack_values import choose
from cube_install.render.components import rendered_components
from cube_install.render.files import rendered_files
from cube_install.render.generated import Generated
from cube_install.render.image_admission import SERVED_AS, admission_objects
from cube_install.render.places import Places, asset_addresses
from cube_install.render.places_map import places_map
from cube_install.render.proof import check_proof
from cube_install.render.site_registry import SiteRegistry, check_host
from cube_install.render.substitution import all_values, filled_text
from cube_install.stack.rendered import RenderedStack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from cube_airgap.stack_entries import Scalar, SecretRule
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
        secrets=tuple(_filled(one, values) for one in chosen.secrets),
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


def _filled(secret: SecretRule, values: Mapping[str, Scalar]) -> SecretRule:
    keys = {
        name: replace(key, text=filled_text(key.text, values)) for name, key in secret.keys.items()
    }
    return replace(secret, keys=keys)
