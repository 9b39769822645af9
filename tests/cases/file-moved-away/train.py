import json, os, time
path = os.environ["SWEEPJOB_METRICS_PATH"]
with open(path, "a") as f: print(json.dumps({"val_acc": 0.25}), file=f)
time.sleep(2)
with open(path, "a") as f: print(json.dumps({"val_acc": 0.75}), file=f)
os.rename(path, path + ".1")                 # at once: no read in between, and no new file
