"""ConfigMaps made of files."""

from __future__ import annotations

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.stack_entries import ConfigMapRule
from cube_install.render.config_maps import config_map

_FILES = {
    "stack/web/a.ini": b"x = 1\n",
    "stack/web/b.bin": b"\xff\x00",
    "job-templates/init-job-template.json": b"{}",
    "init-data/init-chat.json": b"[]",
}


def test_text_and_bytes_have_their_own_fields() -> None:
    rule = ConfigMapRule("web", "infra", {"a.ini": "web/a.ini", "key": "web/b.bin"})
    body = config_map(rule, _FILES, "stack")
    assert body["data"] == {"a.ini": "x = 1\n"}
    assert body["binaryData"] == {"key": "/wA="}
    assert body["metadata"] == {"name": "web", "namespace": "infra"}


def test_seed_data_is_all_that_is_no_file_of_the_stack() -> None:
    body = config_map(ConfigMapRule("seeds", "infra", takes_seeds=True), _FILES, "stack")
    assert body["data"] == {"init-chat.json": "[]", "init-job-template.json": "{}"}


def test_one_that_is_too_large_is_told() -> None:
    rule = ConfigMapRule("web", "infra", {"a": "web/large"}, where="stack.yaml:9")
    files = {"stack/web/large": b"x" * (1 << 20)}
    with pytest.raises(UsageError, match=r"stack\.yaml:9: the config map web would have 1,048,577"):
        config_map(rule, files, "stack")
