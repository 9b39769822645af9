import json, os, time
path = os.environ["SWEEPJOB_METRICS_PATH"]
with open(path, "a") as file:                 # training
    for value in (0.25, 0.5):
        print(json.dumps({"val_acc": value}), file=file, flush=True)
        time.sleep(1)
time.sleep(4)                                  # e.g. the model is saved, the test set is read
with open(path, "a") as file:                 # the final evaluation
    print(json.dumps({"val_acc": 0.75}), file=file, flush=True)
