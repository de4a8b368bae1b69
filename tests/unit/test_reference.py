from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError, UsageError
from cube_airgap.reference import Reference, checked_tag

DIGEST = "sha256:" + "0a" * 32

CANONICAL = {
    "nginx": "docker.io/library/nginx:latest",
    "nginx:1.27": "docker.io/library/nginx:1.27",
    "library/nginx": "docker.io/library/nginx:latest",
    "docker.io/nginx": "docker.io/library/nginx:latest",
    "index.docker.io/nginx": "docker.io/library/nginx:latest",
    "registry-1.docker.io/library/nginx": "docker.io/library/nginx:latest",
    "bitnami/mysql:8": "docker.io/bitnami/mysql:8",
    "docker.io/a/b/c": "docker.io/a/b/c:latest",
    "ccr.ccs.tencentyun.com/cube-studio/app:1": "ccr.ccs.tencentyun.com/cube-studio/app:1",
    "localhost/app": "localhost/app:latest",
    "localhost:5000/app": "localhost:5000/app:latest",
    "localhost:5000": "docker.io/library/localhost:5000",
    "host:5000/a/b:v1": "host:5000/a/b:v1",
    "HARBOR.local/app:V1": "harbor.local/app:V1",
    "LocalHost/app": "localhost/app:latest",
    "[::1]:5000/app": "[::1]:5000/app:latest",
    "[fe80::1]/app:x": "[fe80::1]/app:x",
    f"nginx@{DIGEST}": f"docker.io/library/nginx@{DIGEST}",
    f"nginx:1@{DIGEST}": f"docker.io/library/nginx:1@{DIGEST}",
    "a__b--c_e/x.y": "docker.io/a__b--c_e/x.y:latest",
    f"{'f' * 64}:1": f"docker.io/library/{'f' * 64}:1",
}


@pytest.mark.parametrize(("text", "canonical"), CANONICAL.items())
def test_dockers_rules_complete_a_short_name(text: str, canonical: str) -> None:
    assert str(Reference.parse(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        ":tag",
        "@",
        f"@{DIGEST}",
        "Nginx",
        "nginx:",
        "nginx:a:b",
        "nginx: 1",
        "nginx:.1",
        f"nginx:{'t' * 129}",
        "nginx@",
        "nginx@sha256:abc",
        f"nginx@{DIGEST}@{DIGEST}",
        "nginx@sha256:../../x",
        "/nginx",
        "nginx/",
        "a//b",
        "a/../b",
        "docker.io/",
        "docker.io//x",
        "https://docker.io/nginx",
        "host:port/x",
        "host:0/x",
        "host:65536/x",
        "host:/x",
        "-host.io/x",
        "host..io/x",
        "[zz::1]/x",
        "[::1/x",
        "host/A",
        "a___b/x",
        ".a/x/y",
        "a.-b/x:1 ",
        "nginx\n",
        "\uff4eginx",
        "f" * 64,
        "a/" * 130 + "b",
        "a" * 2000,
    ],
)
def test_what_docker_refuses_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(UsageError, match="is not an image reference") as caught:
        Reference.parse(text)
    assert "REPOSITORY" in caught.value.remedy


def test_the_error_says_where_the_text_came_from() -> None:
    with pytest.raises(UsageError, match=r"\(list\.yaml, line 3\)"):
        Reference.parse("NGINX", where="list.yaml, line 3")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nGinx", "upper-case"),
        # Docker takes this for a host, which in lower case would be read as none.
        ("Harbor/app", "upper-case"),
        ("f" * 64, "image ID"),
        ("a" * 250 + "/bbbbb", "longer than 255"),
        ("x:-1", "not a tag"),
        ("bad_host.io:x/y", "not a host name"),
    ],
)
def test_the_error_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Reference.parse(text)


ALNUM = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=6)
SEPARATOR = st.sampled_from([".", "_", "__", "-", "--"])
PATH_PART = st.builds(
    lambda first, rest: first + "".join(a + b for a, b in rest),
    ALNUM,
    st.lists(st.tuples(SEPARATOR, ALNUM), max_size=2),
)
HOST = st.sampled_from(
    ["docker.io", "localhost", "localhost:5000", "a.b", "x:1", "[::1]:80", "10.0.0.1"]
)
TAG = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
REFERENCES = st.builds(
    Reference,
    HOST,
    st.lists(PATH_PART, min_size=2, max_size=4).map("/".join),
    TAG,
    st.none() | st.binary().map(Digest.of),
)


@given(REFERENCES)
def test_canonical_and_familiar_forms_are_read_back_as_the_same(reference: Reference) -> None:
    assert Reference.parse(str(reference)) == reference
    assert Reference.parse(reference.familiar) == reference


@pytest.mark.parametrize(
    ("canonical", "familiar"),
    [
        ("docker.io/library/nginx:1", "nginx:1"),
        ("docker.io/bitnami/mysql:8", "bitnami/mysql:8"),
        ("docker.io/library/a/b:1", "library/a/b:1"),
        ("docker.io/localhost/x:1", "docker.io/localhost/x:1"),
        ("docker.io/a.b/x:1", "docker.io/a.b/x:1"),
        ("quay.io/library/x:1", "quay.io/library/x:1"),
    ],
)
def test_the_familiar_form_leaves_out_no_more_than_it_may(canonical: str, familiar: str) -> None:
    assert Reference.parse(canonical).familiar == familiar


PIECES = st.lists(
    st.sampled_from(["a", "B", "/", ":", "@", ".", "-", "_", "[", "]", "80", "sha256:", DIGEST])
    | st.characters()
).map("".join)


@given(st.text() | PIECES)
def test_any_text_is_a_reference_or_refused_plainly(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except AirgapError:
        return
    assert reference.tag or reference.digest
    assert Reference.parse(str(reference)) == reference
    assert Reference.parse(reference.familiar) == reference


def test_pinning_keeps_the_tag_and_retagging_drops_the_pin() -> None:
    reference = Reference.parse("quay.io/a:1")
    digest = Digest.parse(DIGEST)

    assert str(reference.at(digest)) == f"quay.io/a:1@{DIGEST}"
    assert str(reference.at(digest).tagged("2")) == "quay.io/a:2"
    assert reference.name == "quay.io/a"


def test_references_with_and_without_tag_can_be_sorted() -> None:
    texts = ["b:1", f"a@{DIGEST}", "a:1"]

    ordered = sorted(Reference.parse(text) for text in texts)

    assert [one.familiar for one in ordered] == ["a:1", f"a@{DIGEST}", "b:1"]


@pytest.mark.parametrize("text", ["", "../x", "a/b", "a b", "-a", "x" * 129])
def test_a_text_that_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a tag"):
        checked_tag(text)
    with pytest.raises(UsageError, match="is not a tag"):
        Reference.parse("a:1").tagged(text)
