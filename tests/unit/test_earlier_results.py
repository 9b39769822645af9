"""Results of earlier trials: what is read of each format, how it fits, and what is refused."""

from __future__ import annotations

import contextlib
import json
import random
import string
from typing import Any

import pytest
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec.sweep_spec import SweepSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.loading.results.fitting import read_trials
from sweepjob.loading.results.result import MAX_RESULTS, ResultsError

from .builders import sweepjob

SPACE = {
    "lr": {"type": "loguniform", "low": 0.0001, "high": 0.1},
    "units": {"type": "choice", "values": [16, 32]},
}
NESTED = {
    "lr": SPACE["lr"],
    "model": {
        "type": "choice",
        "values": [
            {"kind": "mlp", "hidden": {"type": "randint", "upper": 64}},
            {"kind": "linear", "bias": {"type": "choice", "values": [True, False]}},
        ],
    },
}


def spec(space: Any = SPACE, defaults: Any = None, **changes: Any) -> SweepSpec:
    warm_start = {"results": [{"configMap": {"name": "before", "key": "results.csv"}}]}
    if defaults is not None:
        warm_start["defaults"] = defaults
    trial = {**sweepjob()["spec"]["trial"], "command": "train"}
    bayesian = {"type": "bayesian", "seed": 1}
    made = {"samplingAlgorithm": bayesian, "searchSpace": space, "trial": trial, **changes}
    return parse_sweepjob(sweepjob(warmStart=warm_start, **made))


def read(text: str, *of: SweepSpec) -> tuple[list[Any], str]:
    trials, differences = read_trials(text, *(of or [spec()]))
    return list(trials), str(differences)


def refused(text: str, *of: SweepSpec) -> str:
    with pytest.raises(ResultsError) as found:
        read(text, *of)
    assert len(str(found.value)) < 2000
    assert str(found.value).isprintable()
    return str(found.value)


EXPORT = """\
name,index,phase,best,last,reports,seconds,gpuSeconds,gpuSecondsSaved,attempt,reason,lr,units,bestInterval,message,started,ended,failures,disruptions,stopPolicy,code,values,metrics.loss,metric,goal
a-0,0,Succeeded,0.7,0.6,3,9.0,9.0,0,1,Completed,0.01,32,2,fine,1.0,10.0,0,0,,,0.5 0.7 0.6,0.3,score,maximize
a-1,1,EarlyStopped,0.2,0.2,2,5.0,5.0,4,1,Stopped,0.1,16,2,,1.0,5.0,0,0,bandit,,0.1 0.2,0.9,score,maximize
a-2,2,Failed,,,0,1.0,1.0,0,1,Failed,0.002,16,,,1.0,2.0,1,0,,,,,score,maximize
a-3,3,Running,0.9,0.9,1,1.0,1.0,0,1,,0.003,16,1,,1.0,,0,0,,,0.9,,score,maximize
"""


def test_our_csv_export_has_parameters_phases_and_curves() -> None:
    trials, differences = read(EXPORT)
    assert [t.assignment for t in trials] == [
        {"lr": 0.01, "units": 32},
        {"lr": 0.1, "units": 16},
        {"lr": 0.002, "units": 16},
    ]
    assert [t.phase for t in trials] == [
        TrialPhase.SUCCEEDED,
        TrialPhase.EARLY_STOPPED,
        TrialPhase.FAILED,
    ]
    assert [list(t.curve.values) for t in trials] == [[0.5, 0.7, 0.6], [0.1, 0.2], []]
    assert [t.has_reports for t in trials] == [True, True, False]
    assert differences == "left out: 1 that had not ended"
    other = spec(objective={"goal": "minimize", "primaryMetric": "score"})
    assert refused(EXPORT, other).startswith("line 2: goal 'maximize': this sweep has minimize")
    lossy = spec(objective={"goal": "minimize", "primaryMetric": "loss"})
    assert refused(EXPORT, lossy).startswith("line 2: metric 'score': this sweep has loss")


def test_texts_that_a_spreadsheet_takes_for_formulas_are_the_same_values() -> None:
    space = {**SPACE, "mode": {"type": "choice", "values": ["=a", "-b", "'c"]}}
    text = "lr,mode,score\n0.01,'=a,1\n0.01,'-b,1\n0.01,'c,1\n"
    trials, _ = read(text, spec(space))
    assert [t.assignment["mode"] for t in trials] == ["=a", "-b", "'c"]


def test_our_json_export_and_our_records() -> None:
    row = {
        **{"name": "a-0", "phase": "Succeeded", "best": 0.7, "reports": 2, "values": [0.5, 0.7]},
        **{"bestInterval": 2, "parameters": {"lr": 0.01, "units": 32}, "metrics": {}},
    }
    paused = {**row, "phase": "Paused"}
    part = {**row, "reports": 4000, "later": [{"interval": 4000, "value": 0.7}]}
    trials, differences = read(json.dumps([row, paused, part], indent=2))
    assert [list(t.curve.values) for t in trials] == [[0.5, 0.7], []]
    assert trials[1].curve.carried == 0.7
    assert differences == "left out: 1 that had not ended"
    record = {
        "kind": "SweepTrial",
        "metadata": {"name": "a-0", "uid": "u"},
        "spec": {"sweep": "a", "index": 0, "assignment": '{"lr":0.01,"units":32}'},
        "status": {
            "phase": "Succeeded",
            "curve": {"version": 2, "reports": 2, "values": "0.5 0.7", "best": "0.7"},
        },
    }
    [trial], _ = read(json.dumps({"kind": "List", "items": [record]}))
    assert (trial.assignment, list(trial.curve.values)) == ({"lr": 0.01, "units": 32}, [0.5, 0.7])


def test_optunas_trials_in_csv() -> None:
    text = (
        "number,value,datetime_start,params_lr,params_units,params_wd,user_attrs_size,state\n"
        "0,0.7,2026-01-01,0.01,32.0,0.1,12,COMPLETE\n"
        "1,0.1,2026-01-01,0.01,16.0,0.1,12,PRUNED\n"
        "2,,2026-01-01,0.02,,,,FAIL\n"
        "3,,2026-01-01,0.02,16.0,0.2,,RUNNING\n"
        "4,nan,2026-01-01,0.02,16.0,0.2,,COMPLETE\n"
    )
    limited = spec(constraints=[{"metric": "size", "max": 10}])
    trials, differences = read(text, limited)
    assert [(t.assignment, t.phase) for t in trials] == [
        ({"lr": 0.01, "units": 32}, TrialPhase.SUCCEEDED),
        ({"lr": 0.01, "units": 16}, TrialPhase.EARLY_STOPPED),
    ]
    assert trials[0].values == {"score": 0.7, "size": 12.0}
    assert differences == (
        "left out: 1 that failed before they had all parameters, 1 that had not ended, 1 without a finite "
        "value of score; dropped, since searchSpace lacks them: wd in 2 trials"
    )
    two = spec(
        objective=None,
        objectives=[
            {"goal": "maximize", "primaryMetric": "score"},
            {"goal": "minimize", "primaryMetric": "latency"},
        ],
    )
    [trial], _ = read("number,state,values_0,values_1,params_lr\n0,COMPLETE,0.5,9,0.01\n", two)
    assert trial.values == {"score": 0.5, "latency": 9.0}
    [trial], _ = read(
        "number,state,values_latency,values_score,params_lr\n0,COMPLETE,9,0.5,0.01\n", two
    )
    assert trial.values == {"score": 0.5, "latency": 9.0}


def katib(name: str, condition: str, score: str, lr: str = "0.01", **objective: str) -> Any:
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Trial",
        "metadata": {"name": name},
        "spec": {
            "objective": {"type": "maximize", "objectiveMetricName": "score", **objective},
            "parameterAssignments": [
                {"name": "--lr", "value": lr},
                {"name": "units", "value": "32"},
            ],
        },
        "status": {
            "conditions": [
                {"type": "Created", "status": "True"},
                {"type": condition, "status": "True"},
            ],
            "observation": {
                "metrics": [{"name": "score", "latest": "0.1", "max": score, "min": "0.05"}]
            },
        },
    }


def test_katibs_trials_count_with_their_best_value() -> None:
    items = [
        katib("a", "Succeeded", "0.7"),
        katib("b", "EarlyStopped", "0.3", "0.02"),
        katib("c", "Running", "0.9"),
        katib("d", "MetricsUnavailable", "unavailable"),
    ]
    del items[3]["status"]["observation"]
    trials, differences = read(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    assert [(t.assignment, t.curve.carried) for t in trials] == [
        ({"lr": 0.01, "units": 32}, 0.7),
        ({"lr": 0.02, "units": 32}, 0.3),
    ]
    assert differences == ("left out: 1 that had not ended, 1 without a finite value of score")
    wrong = json.dumps(katib("a", "Succeeded", "0.7", type="minimize"))
    assert refused(wrong) == "[0]: spec.objective.type 'minimize': this sweep has maximize"


def test_a_table_of_another_space_says_what_differs() -> None:
    space = {**SPACE, "dropout": {"type": "uniform", "minValue": 0, "maxValue": 0.5}}
    text = "lr,units,momentum,params.wd,score,note\n0.01,32,0.9,1,0.7,x\n0.5,64,0.9,1,0.6,y\n"
    trials, differences = read(text, spec(space))
    assert [t.is_inside for t in trials] == [True, False]
    assert trials[0].assignment == {"lr": 0.01, "units": 32, "dropout": 0.25}
    assert differences == (
        "dropped, since searchSpace lacks them: wd in 2 trials; filled in: dropout=0.25 in 2 trials; "
        "outside of searchSpace: lr in 1 trial, units in 1 trial; columns that are not used: momentum, note"
    )
    trials, differences = read(text, spec(space, defaults={"dropout": 0.1}))
    assert trials[0].assignment["dropout"] == 0.1
    assert "filled in: dropout=0.1 in 2 trials" in differences


def test_a_branch_is_found_by_its_constant_and_completed() -> None:
    text = (
        "lr,model.kind,model.hidden,model.bias,score\n"
        "0.01,mlp,32.0,,0.7\n"
        "0.01,linear,,True,0.6\n"
        "0.01,linear,,,0.5\n"
        "0.01,tree,,,0.4\n"
    )
    trials, differences = read(text, spec(NESTED))
    assert [t.assignment["model"] for t in trials[:3]] == [
        {"kind": "mlp", "hidden": 32},
        {"kind": "linear", "bias": True},
        {"kind": "linear", "bias": True},
    ]
    assert [t.is_inside for t in trials] == [True, True, True, False]
    assert "outside of searchSpace: model.kind in 1 trial" in differences
    [trial], differences = read("lr,score\n0.01,0.5\n", spec(NESTED))
    assert trial.assignment["model"] == {"kind": "mlp", "hidden": 32}
    assert "model=its first branch in 1 trial" in differences


def test_json_rows_and_lines_of_any_tool() -> None:
    rows = [{"params": {"lr": 0.01, "units": 16}, "metrics": {"score": 0.4}, "status": "FINISHED"}]
    [trial], _ = read(json.dumps(rows))
    assert (trial.assignment, trial.values) == ({"lr": 0.01, "units": 16}, {"score": 0.4})
    lines = '{"lr": 0.01, "units": 16, "score": 0.4}\n\n{"lr": 0.02, "units": 32, "score": 1}\n'
    trials, _ = read(lines)
    assert [t.values["score"] for t in trials] == [0.4, 1.0]


ROWS = [({"lr": 0.1, "units": 16}, 0.5), ({"lr": 0.05, "units": 32}, 0.25)]
WRITTEN = {
    "Excel in German": "lr;units;score\r\n0,1;16;0,5\r\n5E-2;32;0,25\r\n",
    "Excel's hint": "sep=;\nlr;units;score\n0,1;16;0,5\n0,05;32;0,25\n",
    "tabs": "lr\tunits\tscore\n0.1\t16\t0.5\n0.05\t32\t0.25\n",
    "spaces": "lr, units, score\n0.1, 16, 0.5\n0.05, 32, 0.25\n",
    "old line ends": "lr,units,score\r0.1,16,0.5\r0.05,32,0.25\r",
    "empty lines": "\n\nlr,units,score\n\n0.1,16,0.5\n,,\n0.05,32,0.25\n",
    "Ray": "config/lr,config/units,score,trial_id\n0.1,16,0.5,a\n0.05,32,0.25,b\n",
    "W&B": '{"config": {"lr": 0.1, "units": 16}, "summary": {"score": 0.5}}\n'
    '{"config": {"lr": 0.05, "units": 32}, "summary": {"score": 0.25}, "state": "finished"}\n',
    "pandas by columns": '{"lr": {"0": 0.1, "2": 0.05}, "units": {"0": 16, "2": 32}, '
    '"score": {"0": 0.5, "2": 0.25}}',
    "pandas split": '{"columns": ["lr", "units", "score"], "index": [0, 1], '
    '"data": [[0.1, 16, 0.5], [0.05, 32, 0.25]]}',
    "line ends in texts": '{"lr": 0.1, "units": 16, "score": 0.5, "note": "a\u2028b\x85"}\n'
    '{"lr": 0.05, "units": 32, "score": 0.25}\n',
}  # fmt: skip


@pytest.mark.parametrize("case", WRITTEN)
def test_tables_as_programs_of_all_kinds_write_them(case: str) -> None:
    trials, differences = read(WRITTEN[case])
    assert [(trial.assignment, trial.values["score"]) for trial in trials] == ROWS
    are_told = "0,1 is 0.1" in differences
    assert are_told == (";" in WRITTEN[case]), "what is read for another text is told"


def test_commas_in_a_usual_table_are_no_decimal_points() -> None:
    assert refused('lr,score\n"0,1",1\n').startswith("none of its trials lies in this searchSpace")
    assert "line 3: 'score': '0,x': must be a number" in refused("sep=;\nlr;score\n0,1;0,x\n")


@pytest.mark.parametrize(
    ("table", "units"),
    [
        ("lr\tunits\tscore\n0.1\t1,024\t0.5\n", "1,024"),
        ("lr;units;score\n0.1;64,32;0.5\n", "64,32"),
    ],
)
def test_commas_beside_decimal_points_are_no_decimal_points(table: str, units: str) -> None:
    space = {"lr": SPACE["lr"], "units": {"type": "choice", "values": ["64,32", "1,024"]}}
    [trial], differences = read(table, spec(space))
    assert trial.assignment == {"lr": 0.1, "units": units}
    assert "decimal points" not in differences


def test_commas_that_may_separate_thousands_are_refused() -> None:
    message = refused("lr;units;score\n1;16;2,048\n1;16;-1,024\n")
    assert message.startswith("line 2: '2,048': its comma may separate thousands or stand for")
    assert message.endswith("write numbers without thousands separators and with decimal points")
    assert read("lr;units;score\n0,1;16;2,048\n")[0][0].values["score"] == 2.048
    assert read("lr;units;score\n0.1;16;2\n")[0][0].values["score"] == 2


@pytest.mark.parametrize("hint", ['sep="\n', "sep=\r\n", "sep=\n", "sep=a\n", "sep=\0\n"])
def test_a_first_line_that_names_no_separator_is_a_header(hint: str) -> None:
    assert refused(f"{hint}lr;units;score\n0.1;16;0.5\n").startswith("line 1: ")


def test_the_separator_with_the_most_columns_is_used() -> None:
    [trial] = read("lr;score;note, free\n0.1;0.9;x\n")[0]
    assert (trial.assignment["lr"], trial.values["score"]) == (0.1, 0.9)


def test_rows_are_counted_and_not_their_lines() -> None:
    many = "lr,score,note\n" + '0.01,1,"a\nb"\n' * (MAX_RESULTS // 2 + 1)
    assert len(read(many)[0]) == MAX_RESULTS // 2 + 1
    long = f"lr,score,values\n0.01,1,{'0.5 ' * 50_000}\n"
    assert len(read(long)[0]) == 1, "a field may be as long as a file"


@pytest.mark.parametrize(
    ("state", "ends"),
    [
        *((state, "") for state in ("preempted", "SYS_CANCELED", "Stopped", "killed")),
        *((state, "that had not ended") for state in ("InProgress", "Finalizing", "preempting")),
        *((state, "") for state in ("TrialState.COMPLETE", "EARLY_STOPPED", "TERMINATED")),
    ],
)
def test_states_of_other_programs(state: str, ends: str) -> None:
    text = f"lr,score,State\n0.01,1,{state}\n0.02,1,finished\n"
    assert read(text)[1].startswith(f"left out: 1 {ends};" if ends else "filled in")


REFUSED = {
    "nothing": ("", "is empty; known formats: sweepjob export"),
    "no parameter": ("a,score\n1,2\n", "line 1: has no column of a parameter (lr, units); columns: 'a'"),
    "no metric": ("lr,units\n1,2\n", "line 1: has no column 'score', which is the metric"),
    "a text as a value": ("lr,score\n0.1,good\n", "line 2: 'score': 'good': must be a number"),
    "an unknown state": ("lr,score,state\n0.1,1,Ok?\n", "line 2: state 'Ok?': is unknown"),
    "a column twice": ("lr,lr,score\n1,2,3\n", "line 1: column 'lr': is there twice"),
    "a short row": ("lr,score\n0.1\n", "line 2: has 1 cells, and the header has 2"),
    "an open quote": ('lr,score\n"0.1,1\n', "is not CSV"),
    "no trial": ("lr,score\n", "has no trial"),
    "running only": ("lr,score,state\n0.1,1,RUNNING\n", "has no trial that counts"),
    "all outside": ("lr,score\n5,1\n", "none of its trials lies in this searchSpace: filled in: units=16"),
    "no JSON": ("[1, 2", "is not JSON"),
    "numbers": ("[1, 2]", "[0]: 1: must be an object of one trial"),
    "items": ('{"items": 3}', "items: 3: must be a list of trials"),
    "deep": ("[" * 100_000, "is nested too deeply"),
    "a bad line": ('{"lr": 1, "score": 2}\n{"lr": \n', "line 2: '{\"lr\": ': is not a JSON object"),
    "yaml": ("apiVersion: v1\nitems:\n- kind: Trial\n", "line 1: has no column of a parameter"),
    "many columns": ("lr,score" + ",x" * 3000 + "\n", "line 1: has 3002 columns"),
    "many trials": ("lr,score\n" + "0.1,1\n" * (MAX_RESULTS + 1), "has more than 10000 trials"),
    "a huge number": ('[{"lr": 0.1, "score": ' + "9" * 400 + "}]", "[0]: 'score': 999"),
    "a number of Python": ("lr,score\n0.1,1_0\n", "line 2: 'score': '1_0': must be a number"),
    "no table of pandas": ('{"columns": ["lr"], "index": [0], "data": [[1, 2]]}', "no column of a"),
    "a boolean": ('[{"lr": 0.1, "score": true}]', "[0]: 'score': True: must be a number"),
    "control characters": ("\x1b[2Jlr,\x00score\n1,2\n", "columns: '\\x1b[2Jlr', '\\x00score'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place(case: str) -> None:
    text, said = REFUSED[case]
    assert said in refused(text)


def test_strange_values_of_parameters_are_outside_and_break_nothing() -> None:
    values = [[], {}, {"a": {"b": 1}}, True, "x" * 5000, 10**400, "1e999", "nan", -1, None, "0.01 "]
    rows = [{"lr": value, "units": 16, "score": 1} for value in values]
    rows += [{"lr": 0.01, "units": value, "score": 1} for value in values]
    trials, differences = read(json.dumps(rows))
    assert len(trials) == 22
    filled = next(t.assignment["lr"] for t in trials if t.is_inside)
    assert filled == pytest.approx(0.0031623, 1e-3)
    assert len(differences) < 2000


def test_random_text_is_read_or_refused() -> None:
    drawn = random.Random(7)
    pieces = [*string.printable, "lr", "score", ",", "\n", '"', "{", "[", "]", "}", ":", "0.1"]
    for _ in range(400):
        head = drawn.choice(["", "lr,score\n", "[", '{"items":[', "number,state,value,params_lr\n"])
        text = head + "".join(drawn.choices(pieces, k=drawn.randrange(60)))
        with contextlib.suppress(ResultsError):
            trials, _ = read(text)
            assert trials


def test_a_sweep_without_a_model_takes_trials_of_anywhere() -> None:
    grid = spec(samplingAlgorithm={"type": "random", "seed": 1})
    [trial], differences = read("lr,units,score\n7,16,0.5\n", grid)
    assert not trial.is_inside
    assert differences == "outside of searchSpace: lr in 1 trial"


def test_the_table_of_ray_tune_is_read() -> None:
    """Its names of parameters have slashes: of the configuration, and of objects within."""
    header = "score,timestamp,done,training_iteration,trial_id,config/lr,config/model/kind,config/model/hidden"
    rows = ("0.7,1,True,3,a_0,0.01,mlp,8", "0.6,1,True,3,a_1,0.02,linear,")
    trials, _ = read("\n".join([header, *rows]), spec(NESTED, defaults={"model": {"bias": False}}))
    assert [trial.assignment for trial in trials] == [
        {"lr": 0.01, "model": {"kind": "mlp", "hidden": 8}},
        {"lr": 0.02, "model": {"kind": "linear", "bias": False}},
    ]


def test_names_of_branches_within_branches_are_read() -> None:
    deep = {
        "net": {
            "type": "choice",
            "values": [
                {
                    "opt": {
                        "type": "choice",
                        "values": [{"opt": "sgd", "m": SPACE["lr"]}, {"opt": "adam"}],
                    }
                }
            ],
        }
    }
    trials, said = read("net.opt.opt,net.opt.m,score\nsgd,0.01,0.7\nadam,,0.6\n", spec(deep))
    assert [trial.assignment["net"]["opt"] for trial in trials] == [
        {"opt": "sgd", "m": 0.01},
        {"opt": "adam"},
    ]
    assert "dropped" not in said


def test_flat_names_mean_the_only_branch_that_has_them() -> None:
    space = {
        "model": {
            "type": "choice",
            "values": [
                {"model": "mlp", "hidden": {"type": "randint", "upper": 64}},
                {"model": "tree"},
            ],
        }
    }
    text = "params_model,params_hidden,score\nmlp,8,0.7\ntree,,0.6\n"
    trials, said = read(text, spec(space))
    assert [trial.assignment["model"] for trial in trials] == [
        {"model": "mlp", "hidden": 8},
        {"model": "tree"},
    ]
    assert "dropped" not in said
