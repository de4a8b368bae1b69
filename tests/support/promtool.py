"""Prometheus' own tool judges rules, and tells which alerts come of which samples."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def faults_of(folder: Path, rules: dict[str, Any]) -> str:
    """What is wrong with `rules`, the spec of a rule resource; empty where nothing is."""
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump(rules))
    return _told(["promtool", "check", "rules", file.name], folder)


def unexpected(folder: Path, rules: dict[str, Any], alert: str, series: list[str]) -> str:
    """What is told where `alert` fires after half an hour of `series`; empty where it does not.

    A series is its name with labels, a space, and the value that it has all the time.
    """
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    samples = [one.rsplit(" ", 1) for one in series]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": f"{value}x60"} for name, value in samples],
        "alert_rule_test": [{"alertname": alert, "eval_time": "30m", "exp_alerts": []}],
    }
    document = {"rule_files": ["rules.yaml"], "tests": [test]}
    (folder / "test.yaml").write_text(yaml.safe_dump(document))
    return _told(["promtool", "test", "rules", "test.yaml"], folder)


def _told(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
