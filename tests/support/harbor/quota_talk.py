"""Filling a project, and pushing to a Harbor that takes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.harbor.api_talk import API
from tests.support.harbor.blob_talk import put, send_blob
from tests.support.harbor.content import BIG, LIMIT, MEDIUM
from tests.support.image_factory import digest_of

if TYPE_CHECKING:
    from tests.support.harbor.talk import Talk

Q = "POST /v2/{p2}/q/blobs/uploads/"


def talk_about_quota(talk: Talk) -> None:
    ask = talk.ask
    # A body that is refused may also end in nginx's 502, so only ends without one are asked for.
    send_blob(talk, "{p2}/q", MEDIUM)
    ask("summary of a limited project", f"GET {API}/projects/{{p2}}/summary", seen="p4:")
    begun = talk.quietly(Q)
    chunk = ask(
        "chunk over the quota", f"PATCH {begun.location}", body=BIG, seen="p4:PATCH over quota"
    )
    ended = put(chunk.location, BIG)
    ask("end of chunks over the quota", ended, body=b"", seen="p4:PUT over quota")
    send_blob(talk, "{p1}/x", BIG)
    mount = f"{Q}?mount={digest_of(BIG)}&from={{p1}}/x"
    ask("mount over the quota", mount, seen="p4:mount over quota")
    known = talk.quietly(f"GET {API}/projects/{{p2}}").json["project_id"]
    quotas = talk.quietly(f"GET {API}/quotas?reference=project&reference_id={known}").json
    raised = {"hard": {"storage": 10 * LIMIT}}
    ask("quota raised", f"PUT {API}/quotas/{quotas[0]['id']}", body=raised)
    ask("mount after the quota was raised", mount)


def talk_about_read_only(talk: Talk) -> None:
    settings = f"PUT {API}/configurations"
    talk.ask("read-only mode begun", settings, body={"read_only": True}, seen="p5:set ro")
    try:
        upload = "POST /v2/{p1}/x/blobs/uploads/"
        talk.ask("upload in read-only mode", upload, seen="p5:ro push")
        body = {"project_name": talk.names.filled("{nope}")}
        talk.ask("project in read-only mode", f"POST {API}/projects", body=body, seen="p5:ro")
        talk.ask("reading in read-only mode", f"GET {API}/systeminfo")
    finally:
        talk.ask("read-only mode ended", settings, body={"read_only": False}, seen="p5:unset")
