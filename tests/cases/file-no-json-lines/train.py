import os
with open(os.environ["SWEEPJOB_METRICS_PATH"], "w") as f:
    for value in (0.25, 0.75): print({"val_acc": value}, file=f)
