"""What the stack's Jobs do to the platform's database, on a real one."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.real_database import RealDatabase, running_database

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("database")

MANIFESTS = Path(__file__).parents[2] / "manifests"
REFRESH = MANIFESTS / "job-template-refresh/refresh.py"
DUMP = MANIFESTS / "database-dump/dump.sh"
MADE = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - as the platform stores it
LATER = MADE + timedelta(days=9)
OLD_IMAGE, NEW_IMAGE = "harbor.example/cube-studio/datax:1", "harbor.example/cube-studio/datax:2"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDatabase]:
    with running_database(tmp_path_factory.mktemp("database")) as running:
        yield running


@pytest.fixture
def database(server: RealDatabase) -> RealDatabase:
    server.clear()
    return server


def template(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {
        "job_template_name": "datax",
        "image_name": NEW_IMAGE,
        "image_describe": "moves data",
        "gitpath": "/job-template/job/datax",
        "job_template_describe": "搬运数据",
        "job_template_command": "bash start.sh",
        "job_template_expand": {"index": 1},
        "job_template_args": {"in": {"-f": {"default": "/mnt/a.json"}}},
    } | changed


def shipped(database: RealDatabase, **changed: object) -> None:
    """The row that the platform made of an older bundle's template."""
    audit = {"created_on": MADE, "changed_on": MADE, "created_by_fk": 1, "changed_by_fk": 1}
    insert(
        database,
        "images",
        {"id": 7, "name": OLD_IMAGE, "describe": "", "repository_id": 3, "project_id": 5} | audit,
    )
    row = {
        "name": "datax",
        "version": "Release",
        "describe": "搬运数据",
        "entrypoint": "bash start.sh",
        "images_id": 7,
        "project_id": 5,
        "args": '{"in": {}}',
        "expand": '{"source": "github", "index": 1}',
    }
    insert(database, "job_template", row | audit | changed)


def insert(database: RealDatabase, table: str, row: dict[str, object]) -> None:
    names = ", ".join(f"`{name}`" for name in row)
    places = ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO kubeflow.{table} ({names}) VALUES ({places})"  # noqa: S608 - own names
    database.query(statement, *row.values())


def refresh(database: RealDatabase, tmp_path: Path, *templates: dict[str, Any]) -> list[str]:
    file = tmp_path / "init-job-template.json"
    file.write_text(json.dumps({str(number): one for number, one in enumerate(templates)}))
    command = [sys.executable, str(REFRESH), str(file)]
    done = subprocess.run(
        command, env=database.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def job_template(database: RealDatabase) -> dict[str, Any]:
    [row] = database.query(
        "SELECT t.*, i.name AS image, i.repository_id FROM kubeflow.job_template t"
        " JOIN kubeflow.images i ON i.id = t.images_id"
    )
    return row


def test_a_template_that_nobody_edited_becomes_the_bundles(
    database: RealDatabase, tmp_path: Path
) -> None:
    shipped(database)

    told = refresh(database, tmp_path, template())

    row = job_template(database)
    assert told == ["updated: datax (args, image)", "1 job templates looked at"]
    assert (row["image"], row["repository_id"]) == (NEW_IMAGE, 3)
    assert json.loads(row["args"]) == template()["job_template_args"]
    assert row["changed_on"] == MADE  # so that the next refresh knows it as unedited


def test_a_second_refresh_changes_nothing(database: RealDatabase, tmp_path: Path) -> None:
    shipped(database)
    refresh(database, tmp_path, template())
    row = job_template(database)

    told = refresh(database, tmp_path, template())

    assert told == ["1 job templates looked at"]
    assert job_template(database) == row


@pytest.mark.parametrize(
    "edit", [{"changed_on": LATER}, {"changed_by_fk": 4}, {"created_by_fk": 4}]
)
def test_a_template_that_a_user_edited_stays_and_is_told_of(
    database: RealDatabase, tmp_path: Path, edit: dict[str, object]
) -> None:
    shipped(database, **edit)
    row = job_template(database)

    told = refresh(database, tmp_path, template())

    assert told[0] == "edited by a user, left as it is: datax (args, image)"
    assert job_template(database) == row


def test_a_template_that_is_not_there_is_left_to_the_platform(
    database: RealDatabase, tmp_path: Path
) -> None:
    told = refresh(database, tmp_path, template(job_template_name="new_one"))

    assert told[0] == "not there yet, the platform adds it: new-one"
    assert database.query("SELECT * FROM kubeflow.job_template") == []


def test_if_one_fails_none_is_changed(database: RealDatabase, tmp_path: Path) -> None:
    shipped(database)
    row = job_template(database)

    with pytest.raises(AssertionError, match="Data too long"):
        refresh(database, tmp_path, template(), template(job_template_describe="x" * 501))

    assert job_template(database) == row


def test_the_program_is_in_the_python_of_the_backends_image() -> None:
    ast.parse(REFRESH.read_text(), feature_version=(3, 9))


def dump(
    database: RealDatabase, tmp_path: Path, **changed: str
) -> subprocess.CompletedProcess[str]:
    """Run the script as its Job does, but for the port and the directory."""
    environment = database.environment
    client = tmp_path / "client.cnf"
    client.write_text(f"[client]\nport={database.port}\nprotocol=tcp\n")
    script = tmp_path / "dump.sh"
    text = DUMP.read_text().replace("/dumps", str(tmp_path / "dumps"))
    script.write_text(text.replace("client=(", f'client=("--defaults-file={client}" '))
    (tmp_path / "dumps").mkdir(exist_ok=True)
    variables = {
        "PATH": "/usr/bin:/bin",
        "MYSQL_PWD": environment["MYSQL_PASSWORD"],
        "WANTED": "true",
        "BUNDLE": "0123abcd",
    }
    return subprocess.run(
        ["bash", str(script)],
        env=environment | variables | changed,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_dump_can_be_read_back(database: RealDatabase, tmp_path: Path) -> None:
    shipped(database)
    row = job_template(database)

    done = dump(database, tmp_path)

    assert done.returncode == 0, done.stderr
    [file] = (tmp_path / "dumps").iterdir()
    assert file.name.endswith("-before-0123abcd.sql")
    assert file.stat().st_mode & 0o777 == 0o600
    database.query("DROP DATABASE kubeflow")
    read_back(database, file)
    assert job_template(database) == row


def read_back(database: RealDatabase, file: Path) -> None:
    command = ["mysql", "--host=127.0.0.1", f"--port={database.port}", "--user=root"]
    password = {"MYSQL_PWD": database.environment["MYSQL_PASSWORD"]}
    with file.open("rb") as dumped:
        subprocess.run(command, stdin=dumped, env=password, check=True)


def test_a_new_database_needs_no_dump(database: RealDatabase, tmp_path: Path) -> None:
    database.query("DROP DATABASE kubeflow")
    database.query("CREATE DATABASE kubeflow")

    done = dump(database, tmp_path)

    assert (done.returncode, done.stdout) == (
        0,
        "nothing to dump: the database has no tables yet\n",
    )
    assert list((tmp_path / "dumps").iterdir()) == []


def test_a_dump_that_is_not_wanted_is_not_made(database: RealDatabase, tmp_path: Path) -> None:
    done = dump(database, tmp_path, WANTED="false")

    assert done.returncode == 0
    assert list((tmp_path / "dumps").iterdir()) == []


def test_a_dump_that_fails_fails_the_job_and_leaves_the_others(
    database: RealDatabase, tmp_path: Path
) -> None:
    dump(database, tmp_path)
    before = list((tmp_path / "dumps").iterdir())

    done = dump(database, tmp_path, MYSQL_PWD="wrong")

    assert done.returncode != 0
    assert "Access denied" in done.stderr
    assert list((tmp_path / "dumps").iterdir()) == before


def test_the_five_newest_dumps_are_kept(database: RealDatabase, tmp_path: Path) -> None:
    (tmp_path / "dumps").mkdir()
    for day in range(1, 8):
        (tmp_path / f"dumps/kubeflow-2026010{day}T000000Z-before-0.sql").touch()

    dump(database, tmp_path)

    left = sorted(path.name for path in (tmp_path / "dumps").iterdir())
    assert [name[:17] for name in left[:4]] == [f"kubeflow-2026010{day}" for day in range(4, 8)]
    assert len(left) == 5
