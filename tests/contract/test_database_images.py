"""Asking the platform's database for images: the program on a real one, the Job on a cluster."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import ClusterError
from cube_bundle.image_list import read_list
from cube_install.database.asking import images_in_use
from cube_install.database.named_images import named_images
from cube_install.database.question import NAME, question
from tests.support import image_factory as make
from tests.support.command import run
from tests.support.kubernetes.double import KubernetesDouble, running_double
from tests.support.kubernetes.trouble import Trouble
from tests.support.real_database import RealDatabase, running_database
from tests.unit.database.test_question import deployment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.real_registry import RealRegistry

pytestmark = pytest.mark.xdist_group("database")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDatabase]:
    with running_database(tmp_path_factory.mktemp("database")) as running:
        yield running


@pytest.fixture
def kube(tmp_path: Path) -> Iterator[KubernetesDouble]:
    """A cluster with the platform's database, as far as its objects go."""
    with running_double(tmp_path) as double:
        put_database(double)
        yield double


def put_database(double: KubernetesDouble) -> None:
    """Have the objects of the platform's database there."""
    double.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "infra"}})
    spec = deployment()["spec"] | {"selector": {"matchLabels": {"app": "mysql"}}}
    spec["template"]["metadata"] = {"labels": {"app": "mysql"}}
    metadata = {"name": "mysql", "namespace": "infra"}
    double.put({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})


def answer(database: RealDatabase) -> str:
    """What the Job's program prints when it asks `database`."""
    done = ask(database)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(database: RealDatabase, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    """Run the Job's program, with the programs of `path`."""
    [container] = question(deployment())["spec"]["template"]["spec"]["containers"]
    return subprocess.run(
        container["command"],
        env={
            "PATH": path,
            "MYSQL_ROOT_PASSWORD": database.environment["MYSQL_PASSWORD"],
            "CUBE_DATABASE_HOST": "127.0.0.1",
            "CUBE_DATABASE_PORT": str(database.port),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_images_of_every_kind_of_row_are_found(database: RealDatabase) -> None:
    database.clear()
    database.query("INSERT INTO kubeflow.images (name, `describe`) VALUES ('a/own:1', '')")
    database.query("INSERT INTO kubeflow.notebook (images) VALUES ('a/book:1'), ('a/own:1'), ('')")
    database.query("INSERT INTO kubeflow.docker (base_image, last_image) VALUES ('a/base:1', NULL)")
    arguments = '{\n "--image": "a/job:1",\n "images" :"a/own:1", "--number": "3"}'
    database.query("INSERT INTO kubeflow.task (args) VALUES (%s), ('{}')", arguments)
    template = {
        "one": {"--image": {"type": "str", "default": "h:5000/a/default:1", "tips": 'any: "x"'}},
        "two": {"--images": {"range": "", "default": ""}, "--n": {"default": "a/no-image:1"}},
    }
    database.query(
        "INSERT INTO kubeflow.job_template (name, `describe`, args) VALUES ('mine', '', %s)",
        json.dumps(template, indent=2),
    )

    found = {str(one): places for one, places in named_images(answer(database)).items()}

    assert found == {
        "docker.io/a/base:1": ("docker.base_image",),
        "docker.io/a/book:1": ("notebook.images",),
        "docker.io/a/job:1": ("task.args",),
        "h:5000/a/default:1": ("job_template.args",),
        "docker.io/a/own:1": ("images.name", "notebook.images", "task.args"),
    }


def test_a_database_without_rows_names_nothing(database: RealDatabase) -> None:
    database.clear()

    assert named_images(answer(database)) == {}


def test_a_database_without_tables_names_nothing(database: RealDatabase) -> None:
    database.query("DROP DATABASE kubeflow")

    assert named_images(answer(database)) == {}


def test_a_table_that_cannot_be_read_fails_the_whole(
    database: RealDatabase, tmp_path: Path
) -> None:
    """Though others after it can: what it names would be taken for what nobody names."""
    database.clear()
    client = tmp_path / "mysql"
    client.write_text(
        '#!/bin/sh\ncase "$*" in *kubeflow.docker*) exit 1 ;; esac\nexec /usr/bin/mysql "$@"\n'
    )
    client.chmod(0o755)

    done = ask(database, f"{tmp_path}:/usr/bin:/bin")

    assert (done.returncode != 0, done.stdout) == (True, "")


def test_the_job_is_run_read_and_removed(kube: KubernetesDouble) -> None:
    kube.write_log("infra", NAME, "images.name\ta/own:1\nlines\t1\n")

    found = images_in_use(kube.connect())

    assert [str(one) for one in found] == ["docker.io/a/own:1"]
    assert kube.get("Job", NAME, "infra") is None
    assert [pod for pod in kube.all("Pod", "infra") if NAME in pod["metadata"]["name"]] == []


def test_a_job_that_a_killed_command_left_is_replaced(kube: KubernetesDouble) -> None:
    kube.write_log("infra", NAME, "lines\t0\n")
    left = question(deployment())
    left["spec"]["template"]["spec"]["containers"][0]["image"] = "older/mysql:5"
    kube.put(left)

    assert images_in_use(kube.connect()) == {}


def test_a_job_that_fails_says_why_and_is_removed(kube: KubernetesDouble) -> None:
    kube.stick("infra", NAME, Trouble.CRASH)
    kube.write_log("infra", NAME, "ERROR 2002 (HY000): Can't connect to server\n")

    with pytest.raises(ClusterError, match="Can't connect to server"):
        images_in_use(kube.connect())

    assert kube.get("Job", NAME, "infra") is None


def test_what_users_name_and_the_registry_lacks_becomes_a_list_for_the_next_bundle(
    kube: KubernetesDouble, registry: RealRegistry, tmp_path: Path
) -> None:
    """With --with-database; images are there by their own name or by the site's."""
    registry.push("wanted/docker.io/library/relocated", "1", make.image())
    own = registry.push("wanted/own", "1", make.image())
    rows = [
        "images.name\trelocated:1",
        f"images.name\t{own}",
        "notebook.images\tquay.io/team/gone:2",
        "task.args\tquay.io/team/gone:2",
    ]
    kube.write_log("infra", NAME, "\n".join([*rows, "lines\t4"]))

    done = run(
        "cube-install", "have", "--to", f"{registry.host}/wanted", "--insecure", registry.host,
        "--with-database", "--kubeconfig", kube.kubeconfig, "-o", "have.json", cwd=tmp_path,
    )  # fmt: skip

    assert done.code == 0, done.err
    assert "the database names 3 images; 1 that" in done.err
    [image] = read_list(str(tmp_path / "wanted.yaml")).images
    assert str(image.request.origin.reference) == "quay.io/team/gone:2"
    assert image.request.why.endswith("users' rows name it: notebook.images, task.args")
    assert (tmp_path / "have.json").exists()


def test_where_nothing_is_lacking_no_list_is_written(
    kube: KubernetesDouble, registry: RealRegistry, tmp_path: Path
) -> None:
    kube.write_log("infra", NAME, "lines\t0")

    done = run(
        "cube-install", "have", "--to", f"{registry.host}/wanted", "--insecure", registry.host,
        "--with-database", "--kubeconfig", kube.kubeconfig, "-o", "have.json", cwd=tmp_path,
    )  # fmt: skip

    assert done.code == 0, done.err
    assert "has all of them" in done.err
    assert not (tmp_path / "wanted.yaml").exists()
