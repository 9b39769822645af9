"""The scripts of the tests' trials, whose reports the test chooses."""

from __future__ import annotations

# Reports level + n / 1000 as the n-th value, and prints each: the log is the truth to compare with.
# Parameters may be given one by one or together, as branches of a choice called case.
_TRAINS = """
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
p = {**p, **p.get("case", {})}
if os.environ.get("ON_TERM") == "exit 0":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with mlflow.start_run():
    for n in range(1, int(p.get("reports", 5)) + 1):
        value = round(p.get("level", 0) + n / 1000, 3)
        mlflow.log_metric(os.environ.get("METRIC", "score"), value, step=n)
        print("report", n, value, flush=True)
        time.sleep(float(p.get("pause", 0.2)))
if p.get("fail"):
    sys.exit(3)
"""

# The calls that the MLflow client makes, on one connection. Importing that takes one to three seconds of a core.
_CALLS = """
import contextlib, http.client, types
server = http.client.HTTPConnection(os.environ["MLFLOW_TRACKING_URI"].partition("//")[2])
def send(call, **body):
    body = json.dumps({"run_id": os.environ["MLFLOW_RUN_ID"], **body})
    server.request("POST", "/api/2.0/mlflow/runs/" + call, body, {"Content-Type": "application/json"})
    response = server.getresponse()
    text = response.read().decode()
    assert response.status == 200, text
def milliseconds():
    return time.time_ns() // 1_000_000
@contextlib.contextmanager
def start_run():
    send("update", status="RUNNING")
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    finally:
        send("update", status=status, end_time=milliseconds())
def log_metric(key, value, step):
    send("log-metric", key=key, value=value, timestamp=milliseconds(), step=step)
mlflow = types.SimpleNamespace(start_run=start_run, log_metric=log_metric)
"""


_IMPORTS = "import json, os, signal, sys, time\n"


SCRIPT = _IMPORTS + _CALLS + _TRAINS


# With the real client, where it counts what it does: when its sidecar is killed, or when it exits.
MLFLOW_SCRIPT = _IMPORTS + "import mlflow\n" + _TRAINS


WITH_MLFLOW = {"command": ["python", "-c", MLFLOW_SCRIPT]}
