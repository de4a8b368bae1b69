"""Pushing manifests, indexes and what is attached to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.harbor.api_talk import API
from tests.support.harbor.blob_talk import ABSENT, send_blob
from tests.support.harbor.content import (
    CONFIG,
    OTHER,
    SMALL,
    descriptor,
    index_of,
    manifest_of,
    signature_of,
)
from tests.support.image_factory import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, digest_of

if TYPE_CHECKING:
    from tests.support.harbor.exchange import Exchange
    from tests.support.harbor.talk import Talk

M = "/v2/{p1}/m/manifests"
ZSTD_LAYER = "application/vnd.oci.image.layer.v1.tar+zstd"
ONE = manifest_of(SMALL)
TWO = manifest_of(OTHER)
ACCEPT = {"Accept": f"{OCI_MANIFEST}, {OCI_INDEX}"}


def push(
    talk: Talk, name: str, where: str, raw: bytes, media_type: str = OCI_MANIFEST, seen: str = ""
) -> Exchange:
    headers = {"Content-Type": media_type}
    return talk.ask(name, f"PUT {where}", body=raw, headers=headers, seen=seen)


def talk_about_manifests(talk: Talk) -> None:
    for data in (CONFIG, SMALL, OTHER):
        send_blob(talk, "{p1}/m", data)
    push(talk, "manifest", f"{M}/v1", ONE, seen="p4:simple")
    zstd = manifest_of(OTHER, layers=[descriptor(OTHER, ZSTD_LAYER)])
    push(talk, "manifest with a zstd layer", f"{M}/zstd", zstd, seen="p4:zstd oci")
    absent = manifest_of(b"a layer that nobody sent")
    push(talk, "manifest with a missing layer", f"{M}/bad", absent, seen="p4:missing layer")
    push(talk, "manifest that is no JSON", f"{M}/xx", b"{bad")
    push(talk, "manifest with nothing in it", f"{M}/xx", b"{}", seen="p4:garbage")
    push(talk, "manifest of an odd type", f"{M}/xx", ONE, "application/json", seen="p4:wrong CT")
    mixed = "p4:CT/mediaType mismatch"
    push(talk, "manifest of another type", f"{M}/xx", ONE, DOCKER_MANIFEST, seen=mixed)
    wrong = "p4:digest mismatch"
    push(talk, "manifest under a wrong digest", f"{M}/{ABSENT}", ONE, seen=wrong)
    push(talk, "tag with an odd character", f"{M}/bad!tag", ONE, seen="p4:bad tag")
    push(talk, "tag that is too long", f"{M}/{'t' * 129}", ONE, seen="p4:129 tag")
    talk.ask("manifest read without Accept", f"GET {M}/v1", seen="p4:GET no Accept")
    talk.ask("manifest asked for", f"HEAD {M}/v1", headers=ACCEPT, seen="p4:HEAD")
    talk.ask("manifest read", f"GET {M}/v1", headers=ACCEPT)
    talk.ask("tag that is not there", f"GET {M}/none", headers=ACCEPT)
    talk.ask("tag that is not there asked for", f"HEAD {M}/none", headers=ACCEPT)
    _push_indexes(talk)


def _push_indexes(talk: Talk) -> None:
    both = index_of(ONE, TWO)
    missing = "p4:index w/ missing child"
    push(talk, "index with a missing child", f"{M}/multi", both, OCI_INDEX, missing)
    push(talk, "child by its digest", f"{M}/{digest_of(TWO)}", TWO, seen="p4:child by digest")
    push(talk, "index", f"{M}/multi", both, OCI_INDEX, "p4:index ok")
    push(talk, "empty index", f"{M}/empty", index_of(), OCI_INDEX, "p4:empty index")
    there = "/v2/{p1}/other/manifests/multi"
    elsewhere = "p4:index in other repo, children absent there"
    push(talk, "index in another repository", there, both, OCI_INDEX, elsewhere)
    talk.ask("tags, two at a time", "GET /v2/{p1}/m/tags/list?n=2", seen="p4:tags")
    talk.ask("all tags", "GET /v2/{p1}/m/tags/list")


def talk_about_referrers(talk: Talk) -> None:
    ask = talk.ask
    subject = {"mediaType": OCI_MANIFEST, "digest": digest_of(ONE), "size": len(ONE)}
    raw = manifest_of(SMALL, subject=subject, artifactType="application/x-test")
    push(talk, "referrer", f"{M}/{digest_of(raw)}", raw, seen="p4:subject")
    referrers = "GET /v2/{p1}/m/referrers"
    ask("referrers", f"{referrers}/{digest_of(ONE)}", seen="p4:referrers")
    other = f"{referrers}/{digest_of(ONE)}?artifactType=none/x"
    ask("referrers of another type", other, seen="p4:filter")
    ask("referrers of nothing", f"{referrers}/{ABSENT}", seen="p4:absent subject")
    tag = f"{digest_of(ONE).replace(':', '-')}.sig"
    push(talk, "signature under a tag", f"{M}/{tag}", signature_of("v1"), seen="p4:cosign tag")
    early = signature_of("what is to come")
    tag = f"{digest_of(b'to come').replace(':', '-')}.sig"
    seen = "p4:cosign tag before subject"
    push(talk, "signature before its subject", f"{M}/{tag}", early, seen=seen)
    subject = {**subject, "digest": ABSENT}
    raw = manifest_of(SMALL, subject=subject, artifactType="application/x-test")
    push(talk, "referrer of nothing", f"{M}/{digest_of(raw)}", raw, seen="p4:subject absent")
    path = f"GET {API}/projects/{{p1}}/repositories/m/artifacts/v1/accessories"
    ask("accessories", path, seen="p4:accessories")
