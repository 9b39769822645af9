# Compares what a script received with the parameters of its trial.
import json, os
def check(lr, shift, layers, name):
    expected = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
    received = {"lr": lr, "shift": shift, "layers": json.dumps(list(layers)).replace(" ", ""), "name": name}
    if received != expected: print("WRONG", received, expected)
    print(f"ok={int(received == expected)}")
