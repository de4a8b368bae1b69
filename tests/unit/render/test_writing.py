"""A rendered stack as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from cube_airgap.errors import UsageError
from cube_install.render.render import render
from cube_install.render.writing import write_rendered
from cube_scan.scan import scan
from tests.support.rendering import REGISTRY, object_in, rendered, source, wishes

if TYPE_CHECKING:
    from pathlib import Path


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_components_are_files_in_their_order(tmp_path: Path) -> None:
    write_rendered(rendered(), tmp_path)
    names = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    assert names == {"01-namespaces.yaml", "02-web.yaml", "secrets.txt", "summary.txt"}


def test_what_is_written_is_what_is_applied(tmp_path: Path) -> None:
    stack = rendered()
    write_rendered(stack, tmp_path)
    written = list(yaml.safe_load_all((tmp_path / "02-web.yaml").read_text()))
    assert written == [one.body for one in stack.components[1].objects]


def test_a_scan_of_it_finds_the_registrys_images_only(tmp_path: Path) -> None:
    write_rendered(rendered(), tmp_path)
    found = scan([tmp_path], recipes=[]).references
    assert found
    assert {reference.host for reference in found} == {"harbor.example"}


def test_secrets_are_listed_without_their_values(tmp_path: Path) -> None:
    write_rendered(rendered(), tmp_path)
    assert (tmp_path / "secrets.txt").read_text().splitlines()[1:] == [
        "hubsecret in infra: the login to harbor.example/cube-studio",
        "web-keys in infra: what signs",
        "  user: fixed",
        "  key: 24 random letters and digits",
    ]


def test_the_same_stack_gives_the_same_bytes(tmp_path: Path) -> None:
    write_rendered(rendered(), tmp_path / "a")
    write_rendered(rendered(), tmp_path / "b")
    write_rendered(rendered(), tmp_path / "a")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_an_earlier_rendering_is_replaced(tmp_path: Path) -> None:
    write_rendered(render(source(), REGISTRY, wishes(gpu=True)), tmp_path / "a")
    write_rendered(rendered(), tmp_path / "a")
    write_rendered(rendered(), tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("name", ["notes.txt", "02-web.yaml"])
def test_files_of_others_and_changed_ones_are_refused(tmp_path: Path, name: str) -> None:
    write_rendered(rendered(), tmp_path)
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match=name):
        write_rendered(rendered(), tmp_path)
    assert (tmp_path / name).read_text() == "mine"


def test_one_that_was_stopped_can_be_done_again(tmp_path: Path) -> None:
    write_rendered(render(source(), REGISTRY, wishes(gpu=True)), tmp_path)
    (tmp_path / "02-web.yaml.part").write_text("half of it")
    (tmp_path / "01-namespaces.yaml").unlink()
    write_rendered(rendered(), tmp_path)
    assert (
        object_in(rendered(), "Namespace", "infra").key.name
        in contents(tmp_path)["01-namespaces.yaml"].decode()
    )
