"""Texts of numpy and text enums among a choice's values: to_yaml writes them as texts."""
import enum

import numpy as np
import yaml

from sweepjob import command
from sweepjob.sweep import Choice


class Optimizer(str, enum.Enum):
    ADAM = "adam"


class Tuner(enum.StrEnum):
    ADAM = "adam"


class Text(str):
    pass


VALUES = [(np.str_("adam"), "adam"), (Optimizer.ADAM, "adam"), (Tuner.ADAM, "adam"), (Text("adam"), "adam"),
          (np.float64(0.5), 0.5), (np.int64(3), 3), (np.bool_(True), True)]
for value, plain in VALUES:
    job = command(command="python t.py --a ${{inputs.a}}", image="i", inputs={"a": "x"})
    sweep = job(a=Choice([value])).sweep(primary_metric="m", goal="minimize", max_total_trials=3)
    written = yaml.safe_load(sweep.to_yaml())
    [choice] = written["spec"]["searchSpace"].values()
    assert choice["values"] == [plain], (value, choice)
    assert type(choice["values"][0]) is type(plain), (value, choice)
