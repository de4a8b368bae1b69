"""Asking for tokens, and for what one may not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.harbor.api_talk import API, BAD
from tests.support.harbor.talk import ANONYMOUS

if TYPE_CHECKING:
    from tests.support.harbor.talk import Talk

TOKEN = "/service/token?service=harbor-registry"
UPLOADS = "POST /v2/{p1}/x/blobs/uploads/"


def talk_about_tokens(talk: Talk) -> None:
    ask = talk.ask
    ask("greeting without login", "GET /v2/", ANONYMOUS, seen="p2:")
    ask("greeting with a wrong password", "GET /v2/", BAD, seen="p2:badpw")
    head = "HEAD /v2/{p1}/x/manifests/latest"
    ask("manifest without login", head, ANONYMOUS, seen="p2:anon")
    ask("upload without login", UPLOADS, ANONYMOUS, seen="p2:anon")
    ask("catalog without login", "GET /v2/_catalog", ANONYMOUS, seen="p2:")
    _ask_for_tokens(talk)
    ask("upload with an empty token", UPLOADS, talk.tokens["empty"], seen="p2:bad bearer")
    ask("upload with nonsense for a token", UPLOADS, "Bearer nonsense")
    other = UPLOADS.replace("/x/", "/other/")
    same = "p2:bearer: other repo same proj"
    ask("token for another repository", other, talk.tokens["both"], seen=same)
    ask("greeting with a token", "GET /v2/", talk.tokens["both"], seen="p2:bearer")
    question = f"HEAD {API}/projects?project_name={{p1}}"
    ask("token given to the API", question, talk.tokens["both"], seen="p2:bearer on API")
    _meet_limits(talk)


def _ask_for_tokens(talk: Talk) -> None:
    ask = talk.ask
    scopes = "&scope=repository:{p1}/x:pull,push&scope=repository:{p2}/y:pull,push"
    token = ask(
        "token for three",
        f"GET {TOKEN}{scopes}&scope=repository:{{nope}}/z:pull",
        seen="p2:multi-scope",
    )
    talk.tokens["both"] = f"Bearer {token.json['token']}"
    one = ask("token for one", f"GET {TOKEN}&scope=repository:{{p2}}/y:pull,push")
    talk.tokens["p2"] = f"Bearer {one.json['token']}"
    joined = "&scope=repository:{p1}/x:pull,push%20repository:{p2}/y:pull"
    ask("token for scopes in one", f"GET {TOKEN}{joined}")
    ask("token of another service", "GET /service/token?service=wrong", seen="p2:wrong service")
    ask("token by POST", "POST /service/token", seen="p2:POST token")
    scope = "&scope=repository:{p1}/x:pull,push"
    bad = ask(
        "token with a wrong password", f"GET {TOKEN}{scope}", BAD, seen="p2:badpw token scope"
    )
    talk.tokens["empty"] = f"Bearer {bad.json['token']}"
    ask("token of nobody for nothing", f"GET {TOKEN}", ANONYMOUS, seen="p2:anon no scope")
    ask("token with a wrong password for nothing", f"GET {TOKEN}", BAD, seen="p2:badpw no scope")
    ask("token of a robot", f"GET {TOKEN}{scope}", talk.robots["bot1"])


def _meet_limits(talk: Talk) -> None:
    """The bundled nginx takes no header of more than 8 KiB."""
    many = "".join(f"&scope=repository:{{p1}}/name-{index}:pull,push" for index in range(300))
    talk.ask("address that is too long", f"GET {TOKEN}{many}")
    talk.ask("header that is too long", "GET /v2/", f"Bearer {'x' * 9000}")


def talk_about_names(talk: Talk) -> None:
    ask = talk.ask
    nope = "/v2/{nope}/x"
    ask("missing project", f"POST {nope}/blobs/uploads/", seen="p2:no proj basic")
    bearer = talk.tokens["both"]
    ask(
        "missing project with a token",
        f"POST {nope}/blobs/uploads/",
        bearer,
        seen="p2:no proj bearer",
    )
    ask("blob of a missing project", f"HEAD {nope}/blobs/sha256:{'0' * 64}", seen="p2:no proj")
    ask("manifest of a missing project", f"GET {nope}/manifests/latest", seen="p2:no proj")
    robot = talk.robots["bot1"]
    ask(
        "missing project for a robot",
        f"POST {nope}/blobs/uploads/",
        robot,
        seen="p2:robot p1 -> nope",
    )
    other = "POST /v2/{p2}/x/blobs/uploads/"
    ask("another's project for a robot", other, robot, seen="p2:robot p1 -> p2")
    ask("rights of both kinds", UPLOADS, talk.robots["bot3"])
    ask("repository without project", "POST /v2/busybox/blobs/uploads/", seen="p2:no namespace")
    ask("repository in capitals", "POST /v2/{p1}/Up/blobs/uploads/", seen="p2:upper")
    ask("deep repository", "POST /v2/{p1}/a/b/c/d/e/f/blobs/uploads/", seen="p2:deep")
    ask("two underscores", "POST /v2/{p1}/a__b/blobs/uploads/", seen="p2:dbl_")
    ask("long repository", f"POST /v2/{{p1}}/{'x' * 200}/blobs/uploads/", seen="p2:240")
    ask("too long repository", f"POST /v2/{{p1}}/{'x' * 260}/blobs/uploads/", seen="p2:256+")
    ask("no slash at the end", "POST /v2/{p1}/x/blobs/uploads", seen="p2:no trailing slash")
    none = "/v2/{p1}/none"
    ask("manifest of an absent repository", f"GET {none}/manifests/latest", seen="p2:absent repo")
    ask("tags of an absent repository", f"GET {none}/tags/list", seen="p2:absent repo")
