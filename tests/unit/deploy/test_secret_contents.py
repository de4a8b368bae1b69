"""What secrets hold: found, taken over, or made."""

from __future__ import annotations

import base64
import json
from typing import Any

from cube_airgap.registry.login import Login
from cube_airgap.stack_entries import Adopted, KeyRule, SecretRule
from cube_harbor.secret import Secret
from cube_install.deploy.secrets.content import complete, content_of, encoded, literal_in
from cube_install.deploy.secrets.hiding import unknown_to_others, without_secrets
from cube_install.deploy.secrets.making import secret_command
from cube_install.deploy.secrets.pull_secret import has_type, pull_secret, refreshed
from tests.support.made_stack import SmallSite

ADOPTED = Adopted("Deployment", "infra", "mysql", "PASSWORD")
WANTED = SecretRule(
    "db",
    ("infra",),
    "the database's account",
    {
        "user": KeyRule(text="root"),
        "password": KeyRule(length=24),
        "old": KeyRule(length=24, adopted=ADOPTED),
    },
)
LOGIN = Login("a test", "robot$pull", "hunter2")


def body(**data: str) -> dict[str, Any]:
    return {"data": encoded({key: Secret(value) for key, value in data.items()})}


def made(*there: dict[str, Any], adopted: Secret | None = None) -> dict[str, str]:
    found = complete(WANTED, there, lambda _: adopted)
    return {key: one.reveal() for key, one in found.items()}


def test_all_keys_are_made() -> None:
    found = made()
    assert found["user"] == "root"
    assert len(found["password"]) == len(found["old"]) == 24
    assert found["password"].isalnum()
    assert made() != found


def test_what_an_older_installation_has_is_taken_over() -> None:
    assert made(adopted=Secret("admin"))["old"] == "admin"


def test_what_is_there_stays_and_the_first_counts() -> None:
    found = made(body(password="one"), body(password="two", old="three"), adopted=Secret("admin"))
    assert found == {"user": "root", "password": "one", "old": "three"}


def test_literals_are_found_in_any_container() -> None:
    workload = SmallSite().deployment("mysql")
    containers = workload["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "other", "env": [{"name": "PASSWORD", "value": "admin"}]})
    assert literal_in(workload, "PASSWORD") == Secret("admin")
    assert literal_in(workload, "USER") is None


def test_a_name_that_the_stack_has_is_no_secret() -> None:
    content = {name: Secret(name) for name in ("user", "password", "old", "by-hand")}
    found = unknown_to_others(WANTED, content)
    assert [one.reveal() for one in found] == ["password", "old", "by-hand"]


def test_a_secret_is_hidden_wherever_it_is() -> None:
    said = "url=redis://:Xy7pQ2admin@redis:6379/0"
    assert without_secrets(said, [Secret("Xy7pQ2")]) == "url=redis://:(hidden)admin@redis:6379/0"


def test_a_secret_is_hidden_as_urls_have_it() -> None:
    said = "mysql://root:p%40ss%2Fw0rd@mysql mysql://root:p%40ss/w0rd@mysql p@ss/w0rd"
    hidden = "mysql://root:(hidden)@mysql mysql://root:(hidden)@mysql (hidden)"
    assert without_secrets(said, [Secret("p@ss/w0rd")]) == hidden


def test_a_short_secret_is_hidden_as_a_word_of_its_own() -> None:
    said = "mysql://root:admin@mysql admin=1 administrator sysadmin -p 'admin'"
    hidden = "mysql://root:(hidden)@mysql (hidden)=1 administrator sysadmin -p '(hidden)'"
    assert without_secrets(said, [Secret("admin"), Secret("")]) == hidden


def test_a_secret_within_another_one_betrays_nothing_of_it() -> None:
    assert without_secrets("a+b-c", [Secret("b"), Secret("a+b-c")]) == "(hidden)"


def test_content_that_is_no_text_is_left_out() -> None:
    raw = {"data": {"a": base64.b64encode(b"\xff\xfe").decode(), "b": "%", "c": "b25l"}}
    assert content_of(raw) == {"c": Secret("one")}


def config(secret: dict[str, Any]) -> dict[str, Any]:
    return json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))


def test_a_pull_secret_has_the_login_for_the_registry() -> None:
    secret = pull_secret("hubsecret", "infra", "harbor.example", LOGIN)
    assert has_type(secret)
    assert config(secret)["auths"]["harbor.example"]["password"] == "hunter2"
    assert config(pull_secret("hubsecret", "infra", "harbor.example", None)) == {"auths": {}}


def test_a_pull_secret_keeps_other_hosts_logins() -> None:
    there = pull_secret("hubsecret", "infra", "other.example", Login("x", "u", "p"))
    new = refreshed(there, pull_secret("hubsecret", "infra", "harbor.example", LOGIN))
    assert new
    assert set(config(new)["auths"]) == {"other.example", "harbor.example"}


def test_a_pull_secret_that_is_right_is_left_alone() -> None:
    there = pull_secret("hubsecret", "infra", "harbor.example", LOGIN)
    assert refreshed(there, there) is None
    assert refreshed(there, pull_secret("hubsecret", "infra", "harbor.example", None)) is None


def test_a_damaged_pull_secret_is_written_anew() -> None:
    there = {"data": {".dockerconfigjson": "%%"}}
    wanted = pull_secret("hubsecret", "infra", "harbor.example", LOGIN)
    assert refreshed(there, wanted) == wanted


def test_the_command_shows_one_key() -> None:
    told = secret_command("infra", "db", "password")
    assert told.startswith("kubectl -n infra get secret db -o go-template=")
    assert "base64decode" in told
