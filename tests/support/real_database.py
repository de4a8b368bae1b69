"""A real database of MySQL's kind, with the platform's tables that our programs touch."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.cursors import DictCursor

from tests.support.real_registry import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PASSWORD = "it's a secret"
_SECONDS = 60
_AUDIT = "created_on DATETIME, changed_on DATETIME, created_by_fk INT, changed_by_fk INT"
_TABLES = [
    (
        "CREATE TABLE images (id INT AUTO_INCREMENT PRIMARY KEY, project_id INT, name VARCHAR(500)"
        " NOT NULL, `describe` VARCHAR(1000) NOT NULL, repository_id INT, entrypoint VARCHAR(2000),"
        f" dockerfile TEXT, gitpath VARCHAR(200), {_AUDIT})"
    ),
    (
        "CREATE TABLE job_template (id INT AUTO_INCREMENT PRIMARY KEY, project_id INT, name"
        " VARCHAR(500) NOT NULL, version ENUM('Release','Alpha') NOT NULL, images_id INT,"
        " host_aliases TEXT, `describe` VARCHAR(500) NOT NULL, workdir VARCHAR(400),"
        " entrypoint VARCHAR(2000), args TEXT, env TEXT, volume_mount VARCHAR(2000),"
        f" privileged BOOL, accounts VARCHAR(100), demo TEXT, expand TEXT, {_AUDIT})"
    ),
    "CREATE TABLE notebook (id INT AUTO_INCREMENT PRIMARY KEY, images VARCHAR(1000))",
    "CREATE TABLE task (id INT AUTO_INCREMENT PRIMARY KEY, args TEXT)",
    (
        "CREATE TABLE docker (id INT AUTO_INCREMENT PRIMARY KEY, base_image VARCHAR(200),"
        " target_image VARCHAR(200), last_image VARCHAR(200))"
    ),
]


@dataclass(frozen=True)
class RealDatabase:
    """A running server; `environment` is how a pod of the platform is told of it."""

    port: int

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MYSQL_HOST": "127.0.0.1",
            "MYSQL_PORT": str(self.port),
            "MYSQL_USER": "root",
            "MYSQL_PASSWORD": _PASSWORD,
            "MYSQL_DATABASE": "kubeflow",
        }

    def query(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Run one statement as the platform would, and commit it."""
        with (
            pymysql.connect(
                host="127.0.0.1", port=self.port, user="root", password=_PASSWORD, charset="utf8mb4"
            ) as connection,
            connection.cursor(DictCursor) as cursor,
        ):
            cursor.execute(statement, values)
            connection.commit()
            return list(cursor.fetchall())

    def clear(self) -> None:
        """An empty database of the platform's, with its tables."""
        self.query("DROP DATABASE IF EXISTS kubeflow")
        self.query("CREATE DATABASE kubeflow CHARACTER SET utf8mb4")
        for table in _TABLES:
            self.query(table.replace("CREATE TABLE ", "CREATE TABLE kubeflow.", 1))


@contextmanager
def running_database(directory: Path) -> Iterator[RealDatabase]:
    """Start one in `directory`, and stop it at the end."""
    assert shutil.which("mariadbd"), (
        "mariadbd is not installed: apt-get install mariadb-server-core"
    )
    data, log = directory / "data", directory / "log"
    options = ["--no-defaults", f"--datadir={data}", "--user=root"]
    install = ["mariadb-install-db", *options, "--auth-root-authentication-method=normal"]
    with log.open("wb") as output:
        subprocess.run([*install, "--skip-test-db"], check=True, stdout=output, stderr=output)
        init = directory / "init.sql"
        init.write_text(
            f'ALTER USER root@localhost IDENTIFIED BY "{_PASSWORD}";\n'
            f'CREATE USER root@"127.0.0.1" IDENTIFIED BY "{_PASSWORD}";\n'
            'GRANT ALL ON *.* TO root@"127.0.0.1" WITH GRANT OPTION;\n'
        )
        port = free_port()
        command = ["mariadbd", *options, f"--port={port}", "--bind-address=127.0.0.1"]
        command += [f"--socket={directory}/s", f"--init-file={init}", "--skip-log-bin"]
        server = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        database = RealDatabase(port)
        _wait(database, server, log)
        yield database
    finally:
        server.terminate()
        server.wait()


def _wait(database: RealDatabase, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        assert server.poll() is None, log.read_text()
        try:
            database.clear()
        except pymysql.err.OperationalError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        else:
            return
