"""Asking Harbor's API about artifacts, and for rules that tags are under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.harbor.api_talk import API
from tests.support.harbor.blob_talk import send_blob
from tests.support.harbor.content import CONFIG, SMALL, manifest_of
from tests.support.harbor.manifest_talk import ACCEPT, ONE, TWO, M, push
from tests.support.image_factory import digest_of

if TYPE_CHECKING:
    from tests.support.harbor.talk import Talk

REPOSITORIES = f"{API}/projects/{{p1}}/repositories"
FREE = manifest_of(SMALL, annotations={"what": "free"})


def talk_about_artifacts(talk: Talk) -> None:
    ask = talk.ask
    listed = f"GET {REPOSITORIES}/m/artifacts?with_tag=true&with_accessory=true&page_size=2"
    ask("artifacts, two at a time", listed, seen="p4:artifacts")
    ask("artifact by its tag", f"GET {REPOSITORIES}/m/artifacts/v1?with_tag=true")
    ask("artifact by its digest", f"GET {REPOSITORIES}/m/artifacts/{digest_of(ONE)}")
    ask("index as an artifact", f"GET {REPOSITORIES}/m/artifacts/multi?with_tag=true")
    ask("artifact that is not there", f"GET {REPOSITORIES}/m/artifacts/none")
    ask("repositories", f"GET {REPOSITORIES}")
    absent = f"GET {REPOSITORIES}/a%252Fb/artifacts"
    ask("artifacts of an absent repository", absent, seen="p4:dbl-enc absent repo")
    _look_below_slashes(talk)
    free = f"POST {REPOSITORIES}/m/artifacts/{digest_of(ONE)}/tags"
    ask("tag added", free, body={"name": "free2"}, seen="p9:API add tag")
    ask("tag added twice", free, body={"name": "free2"}, seen="p9:dup")
    ask("another tag added", free, body={"name": "free1"})
    copied = f"POST {API}/projects/{{p2}}/repositories/copied/artifacts?from={{p1}}/m:free1"
    ask("artifact copied", copied, seen="p9:API copy artifact")
    ask("project with images deleted", f"DELETE {API}/projects/{{p2}}", seen="p9:delete nonempty")


def _look_below_slashes(talk: Talk) -> None:
    for data in (CONFIG, SMALL):
        send_blob(talk, "{p1}/a/b/c", data)
    push(talk, "manifest of a deep repository", "/v2/{p1}/a/b/c/manifests/t1", ONE)
    for written, name in (
        ("a%252Fb%252Fc", "encoded twice"),
        ("a%2Fb%2Fc", "encoded once"),
        ("a/b/c", "not encoded"),
    ):
        path = f"GET {REPOSITORIES}/{written}/artifacts/t1"
        talk.ask(f"repository {name}", path, seen=f"p9:repo enc {written}")


def talk_about_rules(talk: Talk) -> None:
    ask = talk.ask
    rule = {
        "action": "immutable",
        "template": "immutable_template",
        "disabled": False,
        "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "v*"}],
        "scope_selectors": {
            "repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]
        },
    }
    rules = f"{API}/projects/{{p1}}/immutabletagrules"
    ask("immutability rule made", f"POST {rules}", body=rule, seen="p4:rule")
    ask("immutability rules", f"GET {rules}")
    same = "p4:same digest same immutable tag"
    push(talk, "immutable tag, same digest", f"{M}/v1", ONE, seen=same)
    other = "p4:other digest same immutable tag"
    push(talk, "immutable tag, other digest", f"{M}/v1", TWO, seen=other)
    push(talk, "new tag that will be immutable", f"{M}/v9", TWO, seen="p4:new tag matching")
    push(talk, "digest of an immutable tag", f"{M}/{digest_of(ONE)}", ONE, seen="p4:by digest")
    push(talk, "tag beside the rule", f"{M}/multi", TWO)
    ask("delete by tag", f"DELETE {M}/v1")
    child = f"DELETE {M}/{digest_of(ONE)}"
    ask("delete of an index's child", child, seen="p4:delete immutable")
    ask(
        "delete of a child by the API",
        f"DELETE {REPOSITORIES}/m/artifacts/v1",
        seen="p4:api delete immutable",
    )
    _retain(talk)
    _trust(talk)


def _retain(talk: Talk) -> None:
    number = talk.quietly(f"GET {API}/projects/{{p1}}").json["project_id"]
    selector = {"kind": "doublestar", "pattern": "**"}
    rule = {
        "disabled": False,
        "action": "retain",
        "template": "latestPushedK",
        "params": {"latestPushedK": 10},
        "tag_selectors": [{**selector, "decoration": "matches"}],
        "scope_selectors": {"repository": [{**selector, "decoration": "repoMatches"}]},
    }
    policy = {
        "algorithm": "or",
        "rules": [rule],
        "scope": {"level": "project", "ref": number},
        "trigger": {"kind": "Schedule", "settings": {"cron": "0 0 0 * * *"}, "references": {}},
    }
    made = talk.ask("retention made", f"POST {API}/retentions", body=policy, seen="p9:retention")
    talk.ask("retention", f"GET {made.location}")
    talk.ask("project with retention", f"GET {API}/projects/{{p1}}")


def _trust(talk: Talk) -> None:
    trust = {"metadata": {"enable_content_trust_cosign": "true"}}
    project = f"PUT {API}/projects/{{p1}}"
    talk.ask("content trust turned on", project, body=trust, seen="p9:trust")
    where = f"{M}/free3"
    push(talk, "push under content trust", where, FREE, seen="p9:push w/ content trust+auto_scan")
    unsigned = "p9:pull unsigned"
    talk.ask("pull of what is not signed", f"GET {where}", headers=ACCEPT, seen=unsigned)
    unsigned = "p9:HEAD unsigned"
    talk.ask("HEAD of what is not signed", f"HEAD {where}", headers=ACCEPT, seen=unsigned)
    artifact = f"GET {REPOSITORIES}/m/artifacts/free3?with_tag=true"
    talk.ask("artifact that is not signed", artifact)
    off = {"metadata": {"enable_content_trust_cosign": "false"}}
    talk.ask("content trust turned off", project, body=off)
