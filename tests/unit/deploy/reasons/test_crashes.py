"""Why containers end, or do not begin."""

from __future__ import annotations

from typing import Any

from cube_install.deploy.reasons.crashes import crash_reasons, have_failed
from cube_install.deploy.reasons.evidence import Evidence
from tests.support.cluster_bodies import Body, container, pod, waiting


def ended(reason: str = "Error", code: int = 1, **status: Any) -> Body:  # noqa: ANN401
    last = {"terminated": {"reason": reason, "exitCode": code}}
    loop = {"waiting": {"reason": "CrashLoopBackOff"}}
    return pod(containerStatuses=[container(state=loop, lastState=last, restartCount=4, **status)])


def told(seen: Body, log: str = "") -> str:
    (found,) = crash_reasons(Evidence("infra", pods=(seen,), logs={("web-1", "main"): log}))
    return f"{found.what} -> {found.remedy}"


def test_the_last_lines_are_quoted() -> None:
    log = "".join(f"line {number}\n" for number in range(30)) + "no such table: users\n"
    said = told(ended(), log)
    assert "container main of pod web-1 ends with exit code 1, 4 times" in said
    assert "| no such table: users" in said
    assert "line 3\n" not in said
    assert "kubectl -n infra logs web-1 -c main --previous" in said


def test_too_little_memory() -> None:
    assert "needed more memory than its limit allows" in told(ended("OOMKilled", 137))


def test_an_image_of_another_architecture() -> None:
    assert "for another architecture" in told(ended(), "exec /bin/web: exec format error")


def test_a_container_that_cannot_be_made() -> None:
    seen = waiting("RunContainerError", 'exec: "serve": executable file not found in $PATH')
    assert 'cannot be made: exec: "serve"' in told(seen)


def test_what_is_absent_is_left_to_those_who_look_for_it() -> None:
    seen = waiting("CreateContainerConfigError", 'secret "x" not found')
    assert list(crash_reasons(Evidence("infra", pods=(seen,)))) == []


def test_an_init_container_that_does_not_end() -> None:
    seen = pod(initContainerStatuses=[container(state={"running": {"startedAt": "…"}})])
    assert "still runs its init container main\n    | waiting for mysql" in told(
        seen, "waiting for mysql"
    )


def test_an_evicted_pod() -> None:
    seen = pod(reason="Evicted", message="The node was low on resource: ephemeral-storage.")
    assert "pod web-1 was evicted: The node was low" in told(seen)


def test_a_container_that_recovered_is_no_reason() -> None:
    seen = ended(ready=True)
    assert list(crash_reasons(Evidence("infra", pods=(seen,)))) == []
    assert have_failed(Evidence("infra", pods=(seen,))) == ()


def test_logs_are_wanted_of_what_ended_badly() -> None:
    (wanted,) = have_failed(Evidence("infra", pods=(ended(),)))
    assert (wanted.pod, wanted.name) == ("web-1", "main")
