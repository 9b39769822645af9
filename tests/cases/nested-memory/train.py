import os, mlflow
def sidecar():
    """MiB of the sidecar of this trial."""
    for entry in filter(str.isdecimal, os.listdir("/proc")):
        try:
            told = open(f"/proc/{entry}/environ").read()
        except OSError:
            continue
        if "SWEEPJOB_SIDECAR=" in told and os.getcwd() in told:
            return int(open(f"/proc/{entry}/statm").read().split()[1]) * 4096 / 2**20
with mlflow.start_run():
    for i in range(100):
        with mlflow.start_run(nested=True):
            mlflow.log_metrics({f"f1/class-{c}": 0.5 for c in range(1000)})
        if i % 20 == 0: print("nested runs", i + 1, "sidecar MiB", sidecar(), flush=True)
    size = sidecar()
    assert size < 64, size
    mlflow.log_metric("val_acc", 0.75)
