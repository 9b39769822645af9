"""What a sweep's own settings add to the pod: outputs, optional arguments, sources of metrics."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.api import names
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.template import command

from .builders import sweepjob
from .jobs import environment, manifest, pod_of, sidecar_of, sidecar_settings

CLAIM = {"persistentVolumeClaim": {"claimName": "models"}}


def trial(**changes: Any) -> dict[str, Any]:
    return {"image": "x", **changes}


def problems(**spec: Any) -> str:
    with pytest.raises(InvalidSpec) as refused:
        parse_sweepjob(sweepjob(**spec))
    return str(refused.value)


def test_an_output_is_a_folder_of_the_trial_on_the_users_volume() -> None:
    outputs = {"model": {"volume": CLAIM, "subPath": "team/sweeps"}, "artifacts": {"volume": CLAIM}}
    pod = pod_of(manifest(outputs=outputs, trial=trial(command="run --to ${{outputs.model}}")))
    [trainer] = pod["containers"]
    assert trainer["command"] == ["run", "--to", "/outputs/model"]
    assert trainer["volumeMounts"] == [
        {
            "name": "sweepjob-output-model",
            "mountPath": "/outputs/model",
            "subPath": "team/sweeps/sweep-12345678/sweep-3",
        },
        {
            "name": "sweepjob-output-artifacts",
            "mountPath": "/outputs/artifacts",
            "subPath": "sweep-12345678/sweep-3",
        },
    ]
    assert {"name": "sweepjob-output-model", **CLAIM} in pod["volumes"]
    assert pod["securityContext"]["fsGroup"] == 65532
    assert environment(trainer)["SWEEPJOB_OUTPUT_model"] == "/outputs/model"
    assert environment(trainer)["AZURE_ML_OUTPUT_model"] == "/outputs/model"
    # What MLflow calls artifacts goes there.
    assert sidecar_settings(pod)[protocol.ARTIFACTS] == "/outputs/artifacts"


def test_an_input_has_the_variables_that_azure_has() -> None:
    [trainer] = pod_of(manifest(inputs={"rows": "/data/rows", "n": 3}))["containers"]
    found = environment(trainer)
    assert [found[f"{prefix}_rows"] for prefix in ("AZURE_ML_INPUT", "AZUREML_PARAMETER")] == [
        "/data/rows",
        "/data/rows",
    ]
    assert found["AZURE_ML_INPUT_n"] == "3"
    # Parameters are no inputs of Azure's.
    assert not [name for name in found if name.startswith("AZURE_ML_INPUT_") and "lr" in name]


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ({"model": {}}, "spec.outputs.model.volume: {}: must have one volume source"),
        ({"model": {"volume": {"a": {}, "b": {}}}}, "must have one volume source"),
        ({"my-model": {"volume": CLAIM}}, "letters, digits and _ only"),
        (
            {"a": {"volume": CLAIM, "mountPath": "x"}},
            "spec.outputs.a.mountPath: 'x': must be absolute",
        ),
        ({"a": {"volume": CLAIM, "subPath": "../b"}}, "stay inside it"),
        ({"a": {"volume": CLAIM}, "A": {"volume": CLAIM}}, "output a has the same; choose another"),
        ({"a": {"volume": CLAIM, "mountpath": "/x"}}, "unknown key"),
    ],
)
def test_mistakes_in_outputs(outputs: dict[str, Any], words: str) -> None:
    assert words in problems(outputs=outputs)


def test_optional_references_without_a_value_are_removed() -> None:
    text = "run $[[--data ${{inputs.data}}]] --lr ${{search_space.lr}} $[[--fast]]"
    values = {"search_space.lr": "0.1"}
    assert command.resolve_command(text, values) == ["run", "--lr", "0.1", "--fast"]
    assert command.resolve_command(text, {**values, "inputs.data": "a b"})[1:3] == ["--data", "a b"]
    words = ["run", "$[[--data ${{inputs.data}}]]", "x"]
    assert command.resolve_command(words, {}) == ["run", "x"]
    assert command.resolve_command(words, {"inputs.data": "d"}) == ["run", "--data", "d", "x"]
    shell = "run $[[--data ${{inputs.data}}]] && done"
    assert command.resolve_command(shell, {"inputs.data": "a b"})[2] == "run --data 'a b' && done"


def test_an_optional_reference_that_never_resolves_is_an_error() -> None:
    space = {"model": {"type": "choice", "values": [{"units": 3}, {"depth": 1}]}}
    fine = "run $[[--u ${{search_space.model.units}}]] $[[--d ${{inputs.data}}]]"
    parse_sweepjob(sweepjob(searchSpace=space, trial=trial(command=fine)))
    assert "refers to nothing" in problems(
        searchSpace=space, trial=trial(command="run $[[${{search_space.model.unit}}]]")
    )
    assert "write $[[" in problems(
        searchSpace=space, trial=trial(command="run ${{search_space.model.units}}")
    )


@pytest.mark.parametrize(("name", "read"), [("y", "true"), ("On", "true"), ("no", "false")])
def test_a_key_parsed_as_a_boolean_is_explained(name: str, read: str) -> None:
    uniform = {"type": "uniform", "minValue": 0, "maxValue": 1}
    command = f"run ${{{{search_space.{name}}}}}"
    told = problems(searchSpace={read: uniform}, trial=trial(command=command))
    assert (
        f'YAML reads {name} without quotes as {read}: where it is declared, write "{name}"' in told
    )
    elsewhere = problems(searchSpace={"x": uniform}, trial=trial(command=command))
    assert "YAML" not in elsewhere


def test_files_are_shared_by_an_empty_dir() -> None:
    pod = pod_of(manifest(metrics={"source": "file", "path": "/work/out/m.jsonl"}))
    [trainer], sidecar = pod["containers"], sidecar_of(pod)
    assert trainer["volumeMounts"] == [{"name": names.VOLUME_METRICS, "mountPath": "/work/out"}]
    assert {"name": names.VOLUME_METRICS, "emptyDir": {}} in pod["volumes"]
    assert {
        "name": names.VOLUME_METRICS,
        "mountPath": names.METRICS_FOLDER,
        "readOnly": True,
    } in sidecar["volumeMounts"]
    assert sidecar_settings(pod)[protocol.SOURCE_PATH] == f"{names.METRICS_FOLDER}/m.jsonl"
    assert environment(trainer)["SWEEPJOB_METRICS_PATH"] == "/work/out/m.jsonl"
    assert "lifecycle" not in sidecar
    assert "MLFLOW_TRACKING_URI" not in environment(trainer)


def test_event_files_on_the_users_volume_are_read_there() -> None:
    outputs = {"logs": {"volume": CLAIM}}
    metrics = {"source": "tensorboard", "path": "/outputs/logs/tb"}
    pod = pod_of(manifest(outputs=outputs, metrics=metrics))
    assert not [v for v in pod["volumes"] if v["name"] == names.VOLUME_METRICS]
    mount = sidecar_of(pod)["volumeMounts"][-1]
    assert (mount["name"], mount["subPath"]) == (
        "sweepjob-output-logs",
        "sweep-12345678/sweep-3",
    )
    assert sidecar_settings(pod)[protocol.SOURCE_PATH] == f"{names.METRICS_FOLDER}/tb"


def test_files_are_read_by_the_user_who_writes_them() -> None:
    def user(source: str, **security: Any) -> int:
        container = {"name": "trainer", "image": "x", **security}
        pod = {"containers": [container], "securityContext": {"runAsUser": 1000}}
        made = pod_of(manifest(metrics={"source": source}, trial={"template": {"spec": pod}}))
        found: int = sidecar_of(made)["securityContext"]["runAsUser"]
        return found

    assert user("file") == 1000
    assert user("file", securityContext={"runAsUser": 7}) == 7
    assert user("file", securityContext={"runAsUser": 0}) == 65532
    assert user("mlflow") == 65532


def test_logs_need_no_sidecar_and_no_token() -> None:
    pod = pod_of(manifest(metrics={"source": "logs"}))
    assert not pod.get("initContainers")
    assert not pod.get("volumes")
    assert environment(pod["containers"][0])["PYTHONUNBUFFERED"] == "1"


def test_pushes_go_to_a_port_of_the_sidecar() -> None:
    pod = pod_of(manifest(metrics={"source": "pushgateway", "port": 9999}))
    assert environment(pod["containers"][0])["SWEEPJOB_PUSHGATEWAY"] == "127.0.0.1:9999"
    assert sidecar_settings(pod)[protocol.SOURCE_PORT] == "9999"


def test_reports_are_forwarded_to_the_users_tracking_server() -> None:
    secret = {"secretKeyRef": {"name": "mlflow", "key": "uri"}}
    env = [
        {"name": "MLFLOW_TRACKING_URI", "valueFrom": secret},
        {"name": "MLFLOW_EXPERIMENT_NAME", "value": "mine"},
    ]
    pod = pod_of(manifest(trial=trial(env=env)))
    trainer = environment(pod["containers"][0])
    assert trainer["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5000"
    assert trainer["MLFLOW_EXPERIMENT_NAME"] == "mine"
    assert "MLFLOW_RUN_ID" not in trainer
    assert json.loads(trainer["MLFLOW_RUN_CONTEXT"])["sweepjob.dev/trial"] == "sweep-3"
    assert {"name": protocol.ENV_FORWARD_TO, "valueFrom": secret} in sidecar_of(pod)["env"]


def test_a_run_that_the_user_chose_is_known_to_the_sidecar() -> None:
    secret = {"secretKeyRef": {"name": "mlflow", "key": "run"}}
    for given in ({"value": "0123"}, {"valueFrom": secret}):
        pod = pod_of(manifest(trial=trial(env=[{"name": "MLFLOW_RUN_ID", **given}])))
        assert {"name": protocol.ENV_RUN_ID, **given} in sidecar_of(pod)["env"]
        assert {"name": "MLFLOW_RUN_ID", **given} in pod["containers"][0]["env"]
    assert len(sidecar_of(pod_of(manifest(trial=trial())))["env"]) == 1


def test_an_experiment_that_the_user_chose_by_id_gets_no_name() -> None:
    pod = pod_of(manifest(trial=trial(env=[{"name": "MLFLOW_EXPERIMENT_ID", "value": "7"}])))
    assert "MLFLOW_EXPERIMENT_NAME" not in environment(pod["containers"][0])
    assert environment(pod["containers"][0])["MLFLOW_RUN_ID"] == "sweep-3"


def test_other_sources_do_not_change_the_tracking_uri() -> None:
    env = [{"name": "MLFLOW_TRACKING_URI", "value": "file:///mlruns"}]
    pod = pod_of(manifest(trial=trial(env=env), metrics={"source": "logs"}))
    assert environment(pod["containers"][0])["MLFLOW_TRACKING_URI"] == "file:///mlruns"
    assert "must be the http or https address" in problems(trial=trial(env=env))


def test_reserved_names_are_refused() -> None:
    pod = {
        "containers": [{"name": "sweepjob-sidecar", "image": "x"}],
        "volumes": [{"name": "sweepjob-token", "emptyDir": {}}],
    }
    said = problems(trial={"template": {"spec": pod}})
    assert "spec.trial.template.spec.containers[0].name: 'sweepjob-sidecar'" in said
    assert "spec.trial.template.spec.volumes[0].name: 'sweepjob-token'" in said


KARPENTER = "karpenter.sh/do-not-disrupt"
AUTOSCALER = "cluster-autoscaler.kubernetes.io/safe-to-evict"


def annotations(**changes: Any) -> dict[str, str]:
    template = manifest(trial=changes)["spec"]["template"]
    return dict(template["metadata"].get("annotations", {}))


def test_the_nodes_of_trials_are_kept_where_the_sweep_asks_for_it() -> None:
    assert annotations(image="x") == {}
    assert annotations(image="x", doNotDisrupt=False) == {}
    assert annotations(image="x", doNotDisrupt=True) == {KARPENTER: "true", AUTOSCALER: "false"}


def test_annotations_of_the_user_take_precedence() -> None:
    given = {KARPENTER: "30m", "other": "x"}
    template = {"metadata": {"annotations": given}, "spec": {"containers": [{"image": "x"}]}}
    made = annotations(template=template, doNotDisrupt=True)
    assert made == {**given, AUTOSCALER: "false"}


def test_a_template_with_empty_metadata_is_like_one_without() -> None:
    pod = {"spec": {"containers": [{"image": "x"}]}}
    for empty in (None, {}, {"labels": None, "annotations": None}):
        asked = annotations(template={"metadata": empty, **pod}, doNotDisrupt=True)
        assert asked == {KARPENTER: "true", AUTOSCALER: "false"}
        made = manifest(trial={"template": {"metadata": empty, **pod}})
        assert "sweepjob.dev/trial" in made["spec"]["template"]["metadata"]["labels"]


def test_the_field_is_a_boolean() -> None:
    said = problems(trial=trial(doNotDisrupt="true"))
    assert "spec.trial.doNotDisrupt" in said
    assert "must be true or false; remove the quotes" in said
