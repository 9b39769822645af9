"""The user's own tracking server behind the sidecar: it gets everything, and what it took counts."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.listening import listen
from sweepjob.sidecar.mlflow.api import MlflowApi
from sweepjob.sidecar.mlflow.forwarding import Upstream, forwarding
from sweepjob.sidecar.mlflow.handler import answering
from sweepjob.sidecar.recorder import Recorder
from sweepjob.sidecar.server import Handler, LocalServer


def recorder(folder: Path, *, foreign: bool) -> Recorder:
    return Recorder(Journal(folder), "score", "trial", foreign=foreign)


def served(handler: type[Handler], taken: Recorder) -> LocalServer:
    server = LocalServer(listen(0), handler, taken.changed)
    server.start()
    return server


def post(server: LocalServer, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    connection.request("POST", f"/api/2.0/mlflow/{path}", json.dumps(body))
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    return answer.status, found


def test_what_the_users_server_accepted_counts_and_nothing_else(tmp_path: Path) -> None:
    theirs = recorder(tmp_path / "theirs", foreign=False)
    upstream = served(answering(MlflowApi(theirs, "/artifacts")), theirs)
    ours = recorder(tmp_path / "ours", foreign=True)
    address = f"http://127.0.0.1:{upstream.server_address[1]}"
    sidecar = served(forwarding(Upstream(address), ours), ours)
    run = post(sidecar, "runs/create", {"experiment_id": "0"})[1]["run"]["info"]["run_id"]
    nested = post(sidecar, "runs/create", {"experiment_id": "0"})[1]["run"]["info"]["run_id"]
    metric = {"run_id": run, "key": "score", "value": 0.5, "timestamp": 1, "step": 0}
    assert post(sidecar, "runs/log-metric", metric)[0] == 200
    assert post(sidecar, "runs/log-metric", {**metric, "value": "much"})[0] == 400
    assert post(sidecar, "runs/log-metric", {**metric, "run_id": nested, "value": 9})[0] == 200
    two = [{**metric, "value": value, "step": value} for value in (2, 1)]
    assert post(sidecar, "runs/log-batch", {"run_id": run, "metrics": two})[0] == 200
    post(sidecar, "runs/update", {"run_id": run, "status": "FINISHED"})
    assert list(ours.batch(1).values) == list(theirs.batch(1).values) == [0.5, 1.0, 2.0]
    assert ours.ended
    for server in (sidecar, upstream):
        server.shutdown()
        server.server_close()


def test_a_server_that_is_away_is_not_counted_for(tmp_path: Path) -> None:
    ours = recorder(tmp_path / "ours", foreign=True)
    sidecar = served(forwarding(Upstream("http://127.0.0.1:9"), ours), ours)
    metric = {"run_id": "r", "key": "score", "value": 0.5, "timestamp": 1, "step": 0}
    status, said = post(sidecar, "runs/log-metric", metric)
    assert status == 503  # the client tries again
    assert "cannot reach the tracking server" in said["message"]
    assert ours.count == 0
    sidecar.shutdown()
    sidecar.server_close()
