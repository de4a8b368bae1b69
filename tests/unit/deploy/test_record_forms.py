"""What a cluster's record has of stacks and revisions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.stack_entries import Adopted, KeyRule
from cube_install.deploy.record.revision import (
    Revision,
    State,
    decode_revisions,
    encode_revisions,
    kept,
)
from cube_install.deploy.record.stack_form import decode_stack, encode_stack, lacks_content
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.made_stack import SmallSite, component, made, stack

ADOPTED = Adopted("Deployment", "infra", "mysql", "PASSWORD")


def revision(number: int, state: State = State.DONE) -> Revision:
    content = Digest.of(str(number).encode())
    return Revision(number, content, "2026.03.01", content, 1, "2026-03-01T10:00:00Z", state)


def test_a_stack_comes_back_as_it_was() -> None:
    before = SmallSite().stack(colour="blue")
    (secret,) = before.secrets
    keys = {**secret.keys, "old": KeyRule(length=3, adopted=ADOPTED)}
    before = replace(before, secrets=(replace(secret, keys=keys),))
    assert decode_stack(encode_stack(before)) == before


def test_the_same_stack_gives_the_same_bytes() -> None:
    assert encode_stack(SmallSite().stack()) == encode_stack(SmallSite().stack())


def test_no_secrets_content_is_in_it() -> None:
    body = made("v1", "Secret", "keys", data={"b": "dHdv"}, stringData={"a": "one"})
    raw = encode_stack(stack(component("all", body)))
    assert b"dHdv" not in raw
    assert b"one" not in raw.replace(b"components", b"")
    (component_of,) = decode_stack(raw).components
    assert component_of.objects[0].body["keys"] == ["a", "b"]
    assert lacks_content(component_of.objects[0].body)
    assert encode_stack(decode_stack(raw)) == raw


def test_a_secret_without_content_is_whole() -> None:
    body = made("v1", "Secret", "certs", type="Opaque")
    (found,) = decode_stack(encode_stack(stack(component("all", body)))).components
    assert not lacks_content(found.objects[0].body)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"components": 1}'])
def test_strange_stacks_are_refused(raw: bytes) -> None:
    with pytest.raises(IntegrityError, match="not one that this program wrote"):
        decode_stack(raw)


def test_revisions_come_back_as_they_were() -> None:
    all_of_them = (
        revision(1, State.FAILED),
        replace(revision(2), told="why", leftovers=(ObjectKey("", "ConfigMap", "a", "b"),)),
    )
    assert decode_revisions(encode_revisions(all_of_them)) == all_of_them


@pytest.mark.parametrize("raw", ["", '[{"number": 1}]', "[1]"])
def test_strange_revisions_are_refused(raw: str) -> None:
    with pytest.raises(IntegrityError, match="not one that this program wrote"):
        decode_revisions(raw)


def test_the_newest_are_kept_and_the_last_that_came_up() -> None:
    failed = [revision(number, State.FAILED) for number in range(3, 9)]
    found = kept([revision(1), revision(2), *failed], 5)
    assert [one.number for one in found] == [2, 4, 5, 6, 7, 8]
