"""Sending blobs: whole, in chunks, and mounted from elsewhere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.support.harbor.content import MEDIUM, OTHER, SMALL
from tests.support.image_factory import digest_of

if TYPE_CHECKING:
    from tests.support.harbor.exchange import Exchange
    from tests.support.harbor.talk import Talk

ABSENT = digest_of(b"sent by nobody")
BEGIN = "POST /v2/{p1}/x/blobs/uploads/"


def put(where: str, data: bytes) -> str:
    return f"PUT {where}&digest={digest_of(data)}"


def send_blob(talk: Talk, repository: str, data: bytes) -> None:
    """Without a word in the record: the blob is needed for something else."""
    begun = talk.quietly(f"POST /v2/{repository}/blobs/uploads/")
    assert begun.status == 202, begun
    ended = talk.quietly(put(begun.location, data), body=data)
    assert ended.status == 201, ended


def begin(talk: Talk, name: str, seen: str = "") -> Exchange:
    return talk.ask(name, BEGIN, seen=seen)


def talk_about_blobs(talk: Talk) -> None:
    ask = talk.ask
    small = digest_of(SMALL)
    head = f"HEAD /v2/{{p1}}/x/blobs/{small}"
    ask("absent blob", head, seen="p2:absent")
    ask("blob in one POST", f"{BEGIN}?digest={small}", body=SMALL, seen="p2:single POST monolithic")
    ask("after one POST", head, seen="p2:after single POST")
    begun = begin(talk, "upload begun", "p2:")
    ask("upload ended", put(begun.location, SMALL), body=SMALL, seen="p2:")
    ask("blob that is there", head, seen="p2:")
    elsewhere = f"HEAD /v2/{{p1}}/y/blobs/{small}"
    ask("same blob, another repository", elsewhere, seen="p2:same proj other repo")
    begun = begin(talk, "upload of a wrong digest begun")
    wrong = f"PUT {begun.location}&digest={ABSENT}"
    ask("upload of a wrong digest", wrong, body=SMALL, seen="p2:digest mismatch")
    ask("upload after a wrong digest", f"GET {begun.location}", seen="p2:status after bad")
    ask("blob that is missing", f"GET /v2/{{p1}}/m/blobs/{ABSENT}", seen="p9:blob missing")
    ask("blob read", f"GET /v2/{{p1}}/x/blobs/{small}")


def talk_about_chunks(talk: Talk) -> None:
    ask = talk.ask
    begun = begin(talk, "chunked upload begun", "p2:")
    first = ask("chunk", f"PATCH {begun.location}", body=MEDIUM, seen="p3:c1")
    ask("state between chunks", f"GET {first.location}", seen="p3:status")
    second = ask("next chunk", f"PATCH {first.location}", body=MEDIUM, seen="p3:c2")
    ended = put(second.location, MEDIUM + MEDIUM)
    ask("end without a body", ended, body=b"", seen="p3:final empty")
    _end_otherwise(talk)
    ask("old location of what is complete", f"GET {begun.location}")
    begun = begin(talk, "upload with a gap begun")
    first = ask("chunk before a gap", f"PATCH {begun.location}", body=SMALL)
    gap = {"Content-Range": "500000-500009"}
    ask("chunk after a gap", f"PATCH {first.location}", body=SMALL, headers=gap, seen="p2:gap")
    ask("state by an old location", f"GET {first.location}", seen="p2:status after gap")
    begun = begin(talk, "upload to be cancelled begun")
    bare = begun.location.partition("?")[0]
    ask("state without its secret", f"GET {bare}", seen="p3:no _state")
    ask("state with its secret", f"GET {begun.location}", seen="p3:w state")
    cancelled = f"DELETE {begun.location}"
    ask("upload cancelled", cancelled, seen="p3:cancel upload as admin")
    ask("chunk of a cancelled upload", f"PATCH {begun.location}", body=SMALL)


def _end_otherwise(talk: Talk) -> None:
    """With another token than it was begun with, and with a body."""
    ask = talk.ask
    begun = begin(talk, "upload begun whose token will end")
    both = talk.tokens["both"]
    chunk = ask("chunk with a token", f"PATCH {begun.location}", both, body=MEDIUM)
    ended = put(chunk.location, MEDIUM)
    expired = talk.tokens["empty"]
    ask("end with a useless token", ended, expired, body=b"", seen="p8:PUT w/ expired token")
    again = "p8:PUT retried w/ basic (same Location)"
    ask("end at the same location", ended, body=b"", seen=again)
    begun = begin(talk, "upload begun that ends with a body")
    chunk = ask("chunk before the last one", f"PATCH {begun.location}", body=MEDIUM)
    ended = put(chunk.location, MEDIUM + OTHER)
    ask("end with a body", ended, body=OTHER, seen="p3:final PUT w/ body")
    begun = begin(talk, "upload begun for another kind of digest")
    name = f"sha512:{hashlib.sha512(SMALL).hexdigest()}"
    ask("end with a SHA-512", f"PUT {begun.location}&digest={name}", body=SMALL)


def talk_about_mounts(talk: Talk) -> None:
    ask = talk.ask
    send_blob(talk, "{p1}/x", OTHER)
    send_blob(talk, "{probot}/y", OTHER)
    mount = f"blobs/uploads/?mount={digest_of(OTHER)}"
    ask(
        "mount in a project",
        f"POST /v2/{{p1}}/y/{mount}&from={{p1}}/x",
        seen="p3:mount same project",
    )
    ask("mounted blob", f"HEAD /v2/{{p1}}/y/blobs/{digest_of(OTHER)}", seen="p3:")
    across = f"POST /v2/{{p2}}/y/{mount}&from={{p1}}/x"
    ask("mount from another project", across, seen="p3:mount cross project admin")
    _mount_what_cannot_be(talk)
    _mount_with_few_rights(talk)


def _mount_what_cannot_be(talk: Talk) -> None:
    ask, mount = talk.ask, f"blobs/uploads/?mount={digest_of(OTHER)}"
    absent = f"POST /v2/{{p2}}/y2/blobs/uploads/?mount={ABSENT}&from={{p1}}/x"
    ask("mount of an absent blob", absent, seen="p3:mount absent blob")
    to = f"POST /v2/{{p2}}/y2/{mount}"
    ask(
        "mount from an absent repository",
        f"{to}&from={{p1}}/none",
        seen="p3:mount from absent repo",
    )
    ask(
        "mount from a missing project", f"{to}&from={{nope}}/x", seen="p3:mount from absent project"
    )
    ask("mount from no project", f"{to}&from=library", seen="p3:mount from no-namespace")
    ask("mount from nowhere", to, seen="p3:mount w/o from")


def _mount_with_few_rights(talk: Talk) -> None:
    ask, mount = talk.ask, f"blobs/uploads/?mount={digest_of(OTHER)}"
    robot = talk.robots["bot1"]
    public = f"POST /v2/{{p1}}/y2/{mount}&from={{p2}}/y"
    ask(
        "robot mounts from a public project",
        public,
        robot,
        seen="p3:p1 robot mount from public p2",
    )
    private = f"POST /v2/{{p1}}/y3/{mount}&from={{probot}}/y"
    ask(
        "robot mounts from a private project",
        private,
        robot,
        seen="p3:p1 robot mount from private probot",
    )
    five = f"POST /v2/{{p2}}/y5/{mount}&from={{p1}}/x"
    bearer = talk.tokens["p2"]
    ask(
        "mount without a token for the source",
        five,
        bearer,
        seen="p3:mount w/ bearer lacking from-scope",
    )
    ask("mount with a token for both", five, talk.tokens["both"], seen="p3:mount w/ both scopes")
