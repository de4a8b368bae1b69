"""`cube-install render`: what would be applied, as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_console.amounts import count_text
from cube_console.output_option import output_option
from cube_console.tables import table
from cube_install.cli.bundle_options import bundle_option, opened
from cube_install.cli.stack_options import stack_options, take_registry, take_wishes
from cube_install.render.render import render as render_stack
from cube_install.render.source import StackSource
from cube_install.render.writing import write_rendered

if TYPE_CHECKING:
    from cube_install.stack.rendered import RenderedStack

_HELP = """Write what would be applied to the cluster, for looking at it or for other tools.

Values are filled in, every image is rewritten to the site's registry, and a second scan proves that
nothing asks for another one: else the command fails, and tells each place. No cluster is asked, and
the same bundle and site give the same files. Secrets are listed without their values.

A directory that has other files in it is refused.

\b
Examples:
  cube-install render --bundle site.tar.zst -o rendered/
  cube-install render --bundle site.tar.zst --to harbor.example/cube-studio \\
      --set entry.address=10.0.0.1 --profile logging -o rendered/
"""


@click.command(help=_HELP)
@bundle_option
@stack_options
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The directory to write into.",
)
@output_option
def render(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    registry = take_registry(values)
    with opened(values["bundle"]) as bundle:
        source = StackSource.of(bundle)
    stack = render_stack(source, registry, take_wishes(values, source.stack))
    write_rendered(stack, values["out"])
    if values["output"] == "json":
        click.echo(json.dumps(_to_json(stack), indent=1))
    else:
        click.echo(_text(stack, values["out"]))


def _to_json(stack: RenderedStack) -> dict[str, Any]:
    return {
        "name": stack.name,
        "platform": stack.platform,
        "bundle": str(stack.bundle),
        "registry": stack.registry,
        "values": dict(stack.values),
        "namespaces": list(stack.namespaces),
        "components": [
            {"name": one.name, "needs": list(one.needs), "objects": len(one.objects)}
            for one in stack.components
        ],
        "secrets": [
            {"name": one.name, "namespaces": list(one.namespaces)} for one in stack.secrets
        ],
    }


def _text(stack: RenderedStack, directory: Path) -> str:
    rows = [(one.name, str(len(one.objects)), one.about) for one in stack.components]
    count = count_text(len(stack.objects), "object")
    components = count_text(len(stack.components), "component")
    written = f"{count} of {components} written to {directory}"
    return (
        f"{table(('COMPONENT', 'OBJECTS', 'WHAT IT IS'), rows)}\n"
        f"{written}: {stack.name} {stack.platform}, all images from {stack.registry}"
    )
