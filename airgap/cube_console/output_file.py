"""A file that a command writes in the end; what is wrong with its place is told at once."""

from __future__ import annotations

from pathlib import Path

import click

from cube_airgap.disk import writing_to
from cube_airgap.errors import UsageError


class OutputFile(click.Path):
    """The type of such an option; its directory has to be there."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """The path. Raises UsageError, SpaceError."""
        path = Path(super().convert(value, param, ctx))  # type: ignore[arg-type]
        with writing_to(path):
            has_directory = path.parent.is_dir()
        if not has_directory:
            raise UsageError(
                f"there is no directory {path.parent}", remedy="make it, or choose another path"
            )
        return path
