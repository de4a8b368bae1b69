"""What is asked of every Harbor, in one fixed order, so that their answers can be compared.

`seen` is the part and the label under which the transcript of a real Harbor has the same exchange.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from tests.support.harbor.api_talk import talk_about_projects, talk_about_robots
from tests.support.harbor.artifact_talk import talk_about_artifacts, talk_about_rules
from tests.support.harbor.background_talk import talk_about_background_work
from tests.support.harbor.blob_talk import talk_about_blobs, talk_about_chunks, talk_about_mounts
from tests.support.harbor.exchange import Names
from tests.support.harbor.login_talk import talk_about_names, talk_about_tokens
from tests.support.harbor.manifest_talk import talk_about_manifests, talk_about_referrers
from tests.support.harbor.quota_talk import talk_about_quota, talk_about_read_only
from tests.support.harbor.talk import Talk

if TYPE_CHECKING:
    from tests.support.harbor.exchange import Exchange
    from tests.support.harbor.running import RunningHarbor

CHAPTERS = (
    talk_about_projects,
    talk_about_robots,
    talk_about_tokens,
    talk_about_names,
    talk_about_blobs,
    talk_about_chunks,
    talk_about_mounts,
    talk_about_manifests,
    talk_about_referrers,
    talk_about_artifacts,
    talk_about_quota,
    talk_about_rules,
    talk_about_background_work,
    talk_about_read_only,
)


def new_names(harbor: RunningHarbor) -> Names:
    """Names that nobody used before at this Harbor."""
    prefix = f"cube-{secrets.token_hex(4)}"
    called = (
        "p1",
        "p2",
        "probot",
        "nope",
        "mirror",
        "bot1",
        "bot2",
        "bot3",
        "bot4",
        "site",
        "engine",
    )
    names = {name: f"{prefix}-{name}" for name in called}
    names["number"] = str(10**9 + secrets.randbelow(10**9))
    return Names(harbor.base, names, harbor.external_url)


def converse(harbor: RunningHarbor) -> tuple[dict[str, Exchange], Names]:
    """Ask everything, and return the exchanges by name."""
    with Talk(harbor, new_names(harbor)) as talk:
        for chapter in CHAPTERS:
            chapter(talk)
        return talk.exchanges, talk.names
