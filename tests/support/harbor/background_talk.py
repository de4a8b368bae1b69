"""Asking Harbor for work in the background: replication, preheating, garbage collection."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.support.harbor.api_talk import API

if TYPE_CHECKING:
    from tests.support.harbor.exchange import Exchange
    from tests.support.harbor.talk import Talk

_PATIENCE = 120
_PAUSE = 0.2


def talk_about_background_work(talk: Talk) -> None:
    _replicate(talk)
    _preheat(talk)
    talk.ask("health", f"GET {API}/health")
    schedule = {
        "schedule": {"type": "Manual"},
        "parameters": {"delete_untagged": False, "dry_run": True},
    }
    talk.ask("garbage collected", f"POST {API}/system/gc/schedule", body=schedule, seen="p5:gc")
    talk.ask("garbage collections", f"GET {API}/system/gc?page_size=1", seen="p5:gc hist")


def _replicate(talk: Talk) -> None:
    ask = talk.ask
    site = {
        "name": talk.names.filled("{site}"),
        "type": "harbor",
        "url": talk.harbor.own_url,
        "insecure": True,
        "credential": {
            "type": "basic",
            "access_key": talk.harbor.username,
            "access_secret": talk.harbor.password,
        },
    }
    path = f"POST {API}/registries"
    made = ask("registry made", path, body=site, seen="p5:registry")
    ask("registry made twice", path, body=site, seen="p5:dup registry")
    gone = {**site, "name": f"{site['name']}-gone", "url": "http://127.0.0.1:1"}
    ask("registry that is not reached", path, body=gone, seen="p5:unreachable registry")
    kept = _make_rule(talk, int(made.location.rpartition("/")[2]))
    run = {"policy_id": int(kept.location.rpartition("/")[2])}
    begun = ask("replication begun", f"POST {API}/replication/executions", body=run, seen="p5:exec")
    ask("replication begun a moment ago", f"GET {begun.location}")
    ended = time.monotonic() + _PATIENCE
    while talk.quietly(f"GET {begun.location}").json.get("status") != "Succeed":
        assert time.monotonic() < ended, "the replication does not end"
        time.sleep(_PAUSE)
    ask("replication that ended", f"GET {begun.location}")
    ask("replication tasks", f"GET {begun.location}/tasks?page_size=1", seen="p5:tasks")
    ask("replication of nothing", f"POST {API}/replication/executions", body={"policy_id": 987654})


def _make_rule(talk: Talk, registry: int) -> Exchange:
    rule = {
        "name": talk.names.filled("{site}"),
        "dest_registry": {"id": registry},
        "dest_namespace": talk.names.filled("{mirror}"),
        "dest_namespace_replace_count": 1,
        "trigger": {"type": "manual"},
        "filters": [{"type": "name", "value": talk.names.filled("{p1}/a/**")}],
        "enabled": True,
        "override": True,
    }
    policy = f"POST {API}/replication/policies"
    kept = talk.ask("replication rule made", policy, body=rule, seen="p5:policy")
    talk.ask("replication rule made twice", policy, body=rule)
    return kept


def _preheat(talk: Talk) -> None:
    ask = talk.ask
    engine = {
        "name": talk.names.filled("{engine}"),
        "vendor": "dragonfly",
        "endpoint": f"http://127.0.0.1:1/{talk.names.filled('{engine}')}",
        "auth_mode": "NONE",
        "enabled": True,
        "insecure": True,
    }
    path = f"{API}/p2p/preheat/instances"
    ask("P2P engine made", f"POST {path}", body=engine, seen="p5:preheat inst")
    ask("P2P engine made twice", f"POST {path}", body=engine)
    there = ask("P2P engine", f"GET {path}/{{engine}}", seen="p5:inst")
    ask("P2P engine that is not there", f"GET {path}/{{nope}}")
    policy = {
        "name": "warm",
        "provider_id": there.json["id"],
        "filters": '[{"type": "repository", "value": "**"}, {"type": "tag", "value": "**"}]',
        "trigger": '{"type": "manual", "trigger_setting": {"cron": ""}}',
        "enabled": True,
    }
    policies = f"{API}/projects/{{p1}}/preheat/policies"
    ask("preheat policy made", f"POST {policies}", body=policy, seen="p5:preheat policy")
    ask("preheat policy made twice", f"POST {policies}", body=policy)
    kept = ask("preheat policy", f"GET {policies}/warm", seen="p5:get")
    ask("preheat of a dead engine", f"POST {policies}/warm", body=kept.json, seen="p5:trigger")
    ask("preheat without a body", f"POST {policies}/warm", seen="p5:trigger nobody")
