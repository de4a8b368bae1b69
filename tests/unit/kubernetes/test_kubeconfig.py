from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cube_airgap.errors import MissingError, UsageError
from cube_install.kubernetes.kubeconfig import Entry, Kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kubernetes.json_types import Json


def config(path: Path, *names: str, current: str = "", **fields: Json) -> Path:
    """A file with a context, a cluster and a user of each name."""
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "Config"}
    for section in ("context", "cluster", "user"):
        body[f"{section}s"] = [{"name": name, section: {"of": path.name}} for name in names]
    for one in body["contexts"]:
        one["context"] = {"cluster": one["name"], "user": one["name"], "of": path.name}
    if current:
        body["current-context"] = current
    path.write_text(yaml.safe_dump(body | fields))
    return path


def test_the_current_context_has_a_cluster_and_a_user(tmp_path: Path) -> None:
    file = config(tmp_path / "a", "one", "two", current="two")

    context, cluster, user = Kubeconfig.read([file]).context()

    assert user
    assert (context.name, cluster.name, user.name) == ("two", "two", "two")
    assert context.origin == f"context two in {file}"


def test_another_context_can_be_named(tmp_path: Path) -> None:
    file = config(tmp_path / "a", "one", "two", current="two")

    assert Kubeconfig.read([file]).context("one")[1].name == "one"


def test_of_several_files_the_first_one_counts(tmp_path: Path) -> None:
    files = [
        config(tmp_path / "a", "one", current="one"),
        config(tmp_path / "b", "one", "two", current="two"),
    ]

    merged = Kubeconfig.read(files)

    assert merged.current == "one"
    assert merged.context("one")[1].text("of") == "a"
    assert merged.context("two")[1].text("of") == "b"


def test_a_file_may_lack_a_current_context_that_another_has(tmp_path: Path) -> None:
    files = [config(tmp_path / "a", "one"), config(tmp_path / "b", "two", current="one")]

    assert Kubeconfig.read(files).context()[0].name == "one"


def test_a_context_without_a_user_is_fine(tmp_path: Path) -> None:
    contexts = [{"name": "one", "context": {"cluster": "one"}}]
    file = config(tmp_path / "a", "one", current="one", contexts=contexts)

    assert Kubeconfig.read([file]).context()[2] is None


def failing(*files: Path, context: str = "") -> UsageError:
    with pytest.raises(UsageError) as caught:
        Kubeconfig.read(files).context(context)
    return caught.value


def test_an_unknown_context_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    error = failing(config(tmp_path / "a", "one", "two"), context="three")

    assert str(error) == f"the kubeconfig {tmp_path / 'a'} has no context 'three'"
    assert error.remedy == "choose one with --context: one, two"


def test_a_lacking_current_context_is_told(tmp_path: Path) -> None:
    assert "has no current context" in str(failing(config(tmp_path / "a", "one")))


def test_a_context_without_a_cluster_is_told(tmp_path: Path) -> None:
    contexts = [{"name": "one", "context": {}}]

    error = failing(config(tmp_path / "a", "one", current="one", contexts=contexts))

    assert str(error) == f"kubeconfig {tmp_path / 'a'}, context one: it names no cluster"


@pytest.mark.parametrize("key", ["cluster", "user"])
def test_a_context_that_names_what_is_not_there_is_told(tmp_path: Path, key: str) -> None:
    contexts = [{"name": "one", "context": {"cluster": "one", "user": "one", key: "gone"}}]

    error = failing(config(tmp_path / "a", "one", current="one", contexts=contexts))

    assert str(error).endswith(f"context one: its {key} 'gone' is not there; there are: one")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty"),
        ("a: [", "is not YAML (line 1)"),
        ("- a\n", "is no kubeconfig"),
        ("just text", "is no kubeconfig"),
        ("current-context: 3\n", "its current-context is no text"),
        ("contexts: 3\n", "contexts is no list of named contexts"),
        ("users: [{user: {}}]\n", "users is no list of named users"),
        ("clusters: [{name: a, cluster: 3}]\n", "clusters is no list of named clusters"),
        ("\x00\x01", "is not YAML"),
        ("!!python/object:os.system {}", "is not YAML"),
    ],
)
def test_a_broken_file_is_told(tmp_path: Path, text: str, what: str) -> None:
    file = tmp_path / "broken"
    file.write_text(text)

    error = failing(file)

    assert what in str(error)
    assert str(file) in str(error)
    assert "correct the kubeconfig" in error.remedy


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"the kubeconfig .*none cannot be read") as caught:
        Kubeconfig.read([tmp_path / "none"])

    assert "--kubeconfig" in caught.value.remedy


def test_data_is_read_from_base64(tmp_path: Path) -> None:
    entry = Entry(tmp_path / "config", "user", "one", {"client-key-data": "YWJj"})

    assert entry.data("client-key") == b"abc"


def test_data_is_read_from_a_file_beside_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(b"abc")

    entry = Entry(tmp_path / "config", "user", "one", {"client-key": "key.pem"})

    assert entry.data("client-key") == b"abc"


def test_data_wins_over_a_file(tmp_path: Path) -> None:
    fields = {"client-key": "none.pem", "client-key-data": "YWJj"}

    assert Entry(tmp_path / "config", "user", "one", fields).data("client-key") == b"abc"


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"client-key-data": "%%%"}, "its client-key-data is no base64"),
        ({"client-key": "none.pem"}, "its client-key cannot be read"),
        ({"client-key": 3}, "its client-key is no text"),
    ],
)
def test_unusable_data_is_told(tmp_path: Path, fields: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        Entry(tmp_path / "config", "user", "one", fields).data("client-key")

    assert "user one" in str(caught.value)
    assert "%%%" not in str(caught.value)


def test_a_mapping_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="its exec is no mapping"):
        Entry(tmp_path / "config", "user", "one", {"exec": "program"}).mapping("exec")
