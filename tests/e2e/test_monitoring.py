"""The metrics as a real Prometheus sees them; the alerts and the dashboard that the chart brings."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import layout, packages
from tests.cluster import target as clusters
from tests.generated.dashboard import PANELS

from .sweeps import Sweeps, choice, eventually

CHART = layout.PROJECT / "helm" / "sweepjob"
ALERTS = CHART / "files" / "alerts.yaml"
PROXY = f"/api/v1/namespaces/{clusters.SYSTEM}/services/sweepjob:8080/proxy/metrics"


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    packages.require_packages({"prometheus": "promtool"})


def promtool(*arguments: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        ["promtool", *arguments], input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_alerts_are_valid_and_fire_for_their_cause_only() -> None:
    assert "15 rules found" in promtool("check", "rules", str(ALERTS))
    tests = layout.PROJECT / "tests" / "data" / "alerts_test.yaml"
    assert "SUCCESS" in promtool("test", "rules", str(tests))


def test_the_names_follow_the_conventions(sweeps: Sweeps) -> None:
    text = sweeps.target.kubectl("get", "--raw", PROXY)
    own = [line for line in text.splitlines() if "sweepjob" in line]
    assert any(line.startswith("# TYPE sweepjob_trials") for line in own)
    promtool("check", "metrics", stdin="\n".join([*own, ""]))


@pytest.fixture(scope="module")
def prometheus(sweeps: Sweeps, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that scrapes the operator every second and has the alerts; its address."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_configuration(sweeps, folder)))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={address}",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as p:
        eventually(lambda: _is_ready(address), 60, "Prometheus is ready")
        yield f"http://{address}"
        p.terminate()


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _configuration(sweeps: Sweeps, folder: Path) -> dict[str, Any]:
    """By way of the API server, with the kubeconfig's own identity."""
    config = json.loads(sweeps.target.kubectl("config", "view", "--raw", "--flatten", "-o", "json"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    files = {
        "ca_file": cluster["certificate-authority-data"],
        "cert_file": user["client-certificate-data"],
        "key_file": user["client-key-data"],
    }
    for name, data in files.items():
        done = subprocess.run(
            ["base64", "-d"], input=data.encode(), capture_output=True, check=True
        )
        (folder / name).write_bytes(done.stdout)
    server = urllib.parse.urlsplit(cluster["server"])
    scrape = {
        "job_name": "sweepjob",
        "scheme": "https",
        "metrics_path": PROXY,
        "tls_config": {name: str(folder / name) for name in files},
        "static_configs": [{"targets": [server.netloc]}],
    }
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(ALERTS)],
        "scrape_configs": [scrape],
    }


def query(prometheus: str, expression: str) -> list[dict[str, Any]]:
    given = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{prometheus}/api/v1/query?{given}", timeout=10) as answer:
        found = json.load(answer)
    assert found["status"] == "success", found
    result: list[dict[str, Any]] = found["data"]["result"]
    return result


def value(prometheus: str, expression: str) -> float:
    try:
        found = query(prometheus, expression)
    except OSError:
        return -1.0
    return float(found[0]["value"][1]) if found else -1.0


def test_prometheus_scrapes_a_sweep(sweeps: Sweeps, prometheus: str) -> None:
    if sweeps.target.built_in is None:
        pytest.skip("reads the identity of the built-in cluster's kubeconfig")
    eventually(lambda: value(prometheus, "sum(sweepjob_operator_leader)") == 1, 60, "it is scraped")
    ended = "sum(sweepjob_trials_ended_total{outcome=%r})"
    before = {o: max(0.0, value(prometheus, ended % o)) for o in ("Succeeded", "EarlyStopped")}
    # The first two run side by side to their ends, for as many scrapes as it takes to see that.
    space = {"level": choice(0.9, 0.8, 0.1, 0.2), "reports": choice(30), "pause": choice(0.2)}
    spec = sweeps.spec(
        space,
        samplingAlgorithm={"type": "grid"},
        earlyTermination={"type": "bandit", "slackAmount": 0.3, "delayEvaluation": 4},
    )
    sweeps.apply("seen", spec)
    running = 'max_over_time(sweepjob_trials_live{state="running"}[1m])'
    status = sweeps.await_end("seen")["status"]
    trials = status["trials"]
    assert trials["earlyStopped"] >= 1
    for outcome, key in (("Succeeded", "succeeded"), ("EarlyStopped", "earlyStopped")):
        eventually(
            lambda o=outcome, k=key: value(prometheus, ended % o) - before[o] == trials[k],
            30,
            f"{outcome} trials are counted",
        )
    assert value(prometheus, running) == 2
    assert value(prometheus, "sum(sweepjob_decision_duration_seconds_count)") >= 1
    assert value(prometheus, 'sum(sweepjob_metric_reports_total{source="mlflow"})') >= 40
    eventually(lambda: value(prometheus, "sum(sweepjob_sweeps_active)") == 0, 30, "none is active")
    assert value(prometheus, "sum(sweepjob_gpu_used_seconds_total)") >= status["gpuSeconds"]["used"]


def test_the_grafana_dashboard_queries_existing_metrics(prometheus: str) -> None:
    """After a sweep with a policy, every series but of what the sweep did not have."""
    quiet = {
        "Duration of a bayesian proposal",
        "Repeated attempts per hour",
        "Notifications per hour",
    }
    for title, _, drawn in PANELS:
        for expression in drawn.values():
            found = query(prometheus, expression.replace("$__rate_interval", "1m"))
            assert found or title in quiet, f"{title}: {expression}"


def test_no_alert_fires(prometheus: str) -> None:
    time.sleep(2)  # two evaluations
    assert query(prometheus, 'ALERTS{alertstate="firing"}') == []
