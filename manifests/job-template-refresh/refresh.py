"""Bring job templates in the platform's database up to those in a file that the platform ships.

    refresh.py init-job-template.json

A row is brought up to date if nobody edited it: the platform writes the times of making and of the
last change at once, and any change by a user moves the second. Rows that users edited stay as they
are and are told of. Templates that the database lacks are added by the platform's own start. All
happens in one transaction. It runs in the backend's image, so with Python 3.9 and PyMySQL.
"""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

import pymysql
from pymysql.cursors import DictCursor

# Both times are taken one after the other, and stored as whole seconds.
TAKEN_AT_ONCE = timedelta(seconds=2)
PLATFORM = 1  # the account that the platform's start writes with
JSON_COLUMNS = ("args", "expand")
EMPTY = ("", None)


def main() -> int:
    """Refresh, and print what was done."""
    templates = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    connection = connect(os.environ)
    try:
        with connection.cursor(DictCursor) as cursor:
            told = [refresh(cursor, template) for template in templates.values()]
        connection.commit()
    finally:
        connection.close()
    lines = [*sorted(filter(None, told)), f"{len(templates)} job templates looked at"]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def connect(environment):
    """The connection that the backend has, by the same variables."""
    return pymysql.connect(
        host=environment["MYSQL_HOST"],
        port=int(environment.get("MYSQL_PORT", "3306")),
        user=environment["MYSQL_USER"],
        password=environment["MYSQL_PASSWORD"],
        database=environment.get("MYSQL_DATABASE", "kubeflow"),
        charset="utf8mb4",
    )


def refresh(cursor, template):
    """Bring the row of one template up to date; what to tell of it, if anything."""
    wanted = columns_of(template)
    row = row_of(cursor, wanted["name"])
    if row is None:
        return f"not there yet, the platform adds it: {wanted['name']}"
    changed = [name for name, value in wanted.items() if differs(name, row[name], value)]
    if not changed:
        return None
    if is_edited(row):
        return f"edited by a user, left as it is: {wanted['name']} ({', '.join(changed)})"
    wanted["images_id"] = image_id(cursor, template, row)
    del wanted["image"]
    assignments = ", ".join(f"`{name}` = %s" for name in wanted)
    # The row's own time stays: it says that no user changed it.
    cursor.execute(
        f"UPDATE job_template SET {assignments}, changed_on = %s WHERE id = %s",  # noqa: S608 - own names
        [*wanted.values(), row["changed_on"], row["id"]],
    )
    return f"updated: {wanted['name']} ({', '.join(changed)})"


def columns_of(template):
    """The row that the platform would make of a template (create_template of its `init`)."""
    expand = {**(template.get("job_template_expand") or {}), "source": "github"}
    return {
        "name": template["job_template_name"].replace("_", "-"),
        "describe": template.get("job_template_describe", ""),
        "version": template.get("job_template_version", "Release"),
        "workdir": template.get("job_template_workdir", ""),
        "entrypoint": template.get("job_template_command", ""),
        "volume_mount": template.get("job_template_volume", ""),
        "accounts": template.get("job_template_account", ""),
        "env": template.get("job_template_env", ""),
        "expand": json.dumps(expand, indent=4, ensure_ascii=False),
        "args": json.dumps(template.get("job_template_args") or {}, indent=4, ensure_ascii=False),
        "image": template["image_name"],
    }


def row_of(cursor, name):
    """The row of that name, held until the end, with the name of its image."""
    cursor.execute(
        "SELECT t.*, i.name AS image FROM job_template t LEFT JOIN images i ON i.id = t.images_id"
        " WHERE t.name = %s FOR UPDATE",
        [name],
    )
    return cursor.fetchone()


def differs(name, there, wanted):
    """Whether a column has another value than is wanted; JSON counts by what it means."""
    if name in JSON_COLUMNS:
        try:
            return json.loads(there or "{}") != json.loads(wanted)
        except ValueError:
            return True
    return there != wanted and not (there in EMPTY and wanted in EMPTY)


def is_edited(row):
    """Whether somebody but the platform's start wrote to the row."""
    made, changed = row["created_on"], row["changed_on"]
    if row["created_by_fk"] != PLATFORM or row["changed_by_fk"] != PLATFORM:
        return True
    return made is None or changed is None or abs(changed - made) > TAKEN_AT_ONCE


def image_id(cursor, template, row):
    """The row of the template's image, made if it is new."""
    cursor.execute("SELECT id FROM images WHERE name = %s LIMIT 1", [template["image_name"]])
    found = cursor.fetchone()
    if found:
        return found["id"]
    cursor.execute("SELECT repository_id FROM images WHERE id = %s", [row["images_id"]])
    earlier = cursor.fetchone() or {"repository_id": None}
    cursor.execute(
        "INSERT INTO images (name, `describe`, gitpath, project_id, repository_id, entrypoint,"
        " dockerfile, created_on, changed_on, created_by_fk, changed_by_fk)"
        " VALUES (%s, %s, %s, %s, %s, '', '', %s, %s, %s, %s)",
        [
            template["image_name"],
            template.get("image_describe", ""),
            template.get("gitpath", ""),
            row["project_id"],
            earlier["repository_id"],
            row["created_on"],
            row["created_on"],
            PLATFORM,
            PLATFORM,
        ],
    )
    return cursor.lastrowid


if __name__ == "__main__":
    sys.exit(main())
