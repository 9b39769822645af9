"""The Job of a trial of several pods, and what of it cannot be."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.trial_pods.identity import TrialIdentity
from sweepjob.trial_pods.job_manifest import job_manifest
from sweepjob.trial_pods.pod_group import host_names, service_manifest
from sweepjob.trial_pods.sidecar import SidecarSettings

from .builders import SWEEPJOB, sweepjob

IDENTITY = TrialIdentity("team", "sweep", "sweep-3", "trial-uid", 2, "sweep-1/sweep-3", "sweep-uid")
SIDECAR = SidecarSettings("registry.example/sidecar:1", "https://intake:8443", "PEM")
TRIAL = SWEEPJOB["spec"]["trial"]
RANK = "metadata.annotations['batch.kubernetes.io/job-completion-index']"


def manifest(queue: str = "", **changes: Any) -> dict[str, Any]:
    trial = {**TRIAL, **changes.pop("trial", {})}
    body = sweepjob(trial=trial, **changes)
    body["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": queue} if queue else {}
    return job_manifest(IDENTITY, parse_sweepjob(body), {"lr": 0.1, "units": 32}, SIDECAR)


def trainer_of(job: dict[str, Any]) -> dict[str, Any]:
    trainer: dict[str, Any] = job["spec"]["template"]["spec"]["containers"][0]
    return trainer


def environment(job: dict[str, Any]) -> dict[str, str]:
    return {e["name"]: e["value"] for e in trainer_of(job)["env"] if "value" in e}


def problems(**trial: Any) -> str:
    with pytest.raises(InvalidSpec) as refused:
        manifest(trial=trial)
    return str(refused.value)


@pytest.mark.parametrize("source", ["mlflow", "pushgateway", "file", "tensorboard", "logs"])
def test_one_pod_has_nothing_of_several(source: str) -> None:
    job = manifest(metrics={"source": source})
    assert manifest(metrics={"source": source}, trial={"instanceCount": 1}) == job
    assert {"completionMode", "successPolicy"}.isdisjoint(job["spec"])
    assert job["spec"]["podFailurePolicy"]["rules"][0]["action"] == "Ignore"
    assert "subdomain" not in job["spec"]["template"]["spec"]
    assert "sweepjob.dev/sweep-uid" not in job["spec"]["template"]["metadata"]["labels"]
    assert not {"MASTER_ADDR", "NODE_RANK", "SWEEPJOB_HOSTS"} & environment(job).keys()


def test_an_indexed_job_that_fails_and_succeeds_as_a_whole() -> None:
    spec = manifest(trial={"instanceCount": 3})["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 3, 3)
    assert spec["backoffLimit"] == 0
    [rule] = spec["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onPodConditions"][0]["type"]) == ("FailJob", "DisruptionTarget")
    assert spec["successPolicy"] == {"rules": [{"succeededIndexes": "0"}]}
    template = spec["template"]
    assert template["spec"]["subdomain"] == "sweepjob-sweep"
    service = service_manifest("team", "sweep", "sweep-uid")
    chosen = service["spec"]["selector"].items()
    assert chosen <= template["metadata"]["labels"].items()
    assert service["metadata"]["name"] == "sweepjob-sweep"
    [owner] = service["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("SweepJob", "sweep-uid")
    assert (service["spec"]["clusterIP"], service["spec"]["publishNotReadyAddresses"]) == (
        "None",
        True,
    )


def test_pytorch_for_torchrun_and_for_azures_scripts() -> None:
    distribution = {"type": "pytorch", "processCountPerInstance": 2}
    job = manifest(trial={"instanceCount": 2, "distribution": distribution})
    env = environment(job)
    first = "sweep-3-r2-0.sweepjob-sweep"
    assert env["SWEEPJOB_HOSTS"] == f"{first},sweep-3-r2-1.sweepjob-sweep"
    assert env["PET_NNODES"] == env["AZUREML_NODE_COUNT"] == env["SWEEPJOB_INSTANCE_COUNT"] == "2"
    assert (env["PET_NPROC_PER_NODE"], env["WORLD_SIZE"]) == ("2", "4")
    assert env["PET_MASTER_ADDR"] == env["MASTER_ADDR"] == first
    assert env["AZ_BATCH_MASTER_NODE"] == f"{first}:6105"
    assert env["PET_NODE_RANK"] == env["NODE_RANK"] == "$(SWEEPJOB_RANK)"
    assert "RANK" not in env, "a launcher numbers several processes"
    entries = trainer_of(job)["env"]
    rank = entries.index(next(e for e in entries if e["name"] == "SWEEPJOB_RANK"))
    assert entries[rank]["valueFrom"]["fieldRef"]["fieldPath"] == RANK
    assert all("$(SWEEPJOB_RANK)" not in e.get("value", "") for e in entries[:rank])
    assert trainer_of(job)["command"][0] == "python", "the command is not wrapped"
    single = environment(manifest(trial={"instanceCount": 2, "distribution": {"type": "pytorch"}}))
    assert (single["RANK"], single["LOCAL_RANK"], single["WORLD_SIZE"]) == (
        *("$(SWEEPJOB_RANK)", "0", "2"),
    )
    alone = environment(manifest(trial={"distribution": distribution}))
    assert (alone["PET_NNODES"], alone["MASTER_ADDR"], alone["NODE_RANK"]) == (
        *("1", "127.0.0.1", "$(SWEEPJOB_RANK)"),
    )


def test_what_the_user_sets_stays() -> None:
    trial = {"instanceCount": 2, "env": [{"name": "MASTER_PORT", "value": "1234"}]}
    names = [e["name"] for e in trainer_of(manifest(trial=trial))["env"]]
    assert names.count("MASTER_PORT") == 1
    assert environment(manifest(trial=trial))["MASTER_PORT"] == "1234"


def test_tensorflow_names_the_task_of_each_pod() -> None:
    job = manifest(trial={"instanceCount": 2, "distribution": {"type": "tensorflow"}})
    config = json.loads(environment(job)["TF_CONFIG"].replace("$(SWEEPJOB_RANK)", "1"))
    assert config["task"] == {"type": "worker", "index": 1}
    assert config["cluster"]["worker"][0] == "sweep-3-r2-0.sweepjob-sweep:2222"


def test_topology_by_kueue_or_by_affinity() -> None:
    trial = {"instanceCount": 2, "topology": {"required": "example.com/rack"}}
    queued = manifest("gpus", trial=trial)["spec"]["template"]
    key = "kueue.x-k8s.io/podset-required-topology"
    assert queued["metadata"]["annotations"] == {key: "example.com/rack"}
    assert "affinity" not in queued["spec"]
    [term] = manifest(trial=trial)["spec"]["template"]["spec"]["affinity"]["podAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    assert term["topologyKey"] == "example.com/rack"
    assert term["labelSelector"]["matchLabels"]["sweepjob.dev/trial-uid"] == "trial-uid"


def test_each_rank_has_a_folder_of_its_own_on_a_shared_volume() -> None:
    """Or the sidecar of rank 0 would also read what the others write."""
    pod = {
        "containers": [
            {"name": "a", "image": "i", "volumeMounts": [{"name": "v", "mountPath": "/m"}]}
        ],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}],
    }
    trial = {"image": None, "template": {"spec": pod}, "instanceCount": 2}
    body = sweepjob(
        trial={k: v for k, v in trial.items() if v}, metrics={"source": "file", "path": "/m/x/a"}
    )
    job = job_manifest(IDENTITY, parse_sweepjob(body), {"lr": 0.1, "units": 32}, SIDECAR)
    mounts = [m for m in trainer_of(job)["volumeMounts"] if m["mountPath"] == "/m/x"]
    assert [m["subPathExpr"] for m in mounts] == ["x/sweep-1/sweep-3/2/$(JOB_COMPLETION_INDEX)"]


@pytest.mark.parametrize(
    ("written", "mounted"),
    [
        ("$(SWEEPJOB_TRIAL)", "$(SWEEPJOB_TRIAL)/x/$(JOB_COMPLETION_INDEX)"),
        ("runs/$(SWEEPJOB_TRIAL)/", "runs/$(SWEEPJOB_TRIAL)/x/$(JOB_COMPLETION_INDEX)"),
        ("$(SWEEPJOB_TRIAL)/$(SWEEPJOB_RANK)", None),
        ("$(SWEEPJOB_TRIAL)/$(JOB_COMPLETION_INDEX)", None),
    ],
)
def test_ranks_are_separated_also_where_the_user_separates_trials(
    written: str, mounted: str | None
) -> None:
    """The sidecar of rank 0 reads its folder only, and every rank may write."""
    mount = {"name": "m", "mountPath": "/m", "subPathExpr": written}
    container = {"name": "trainer", "image": "i", "volumeMounts": [mount]}
    volume = {"name": "m", "persistentVolumeClaim": {"claimName": "c"}}
    template = {"spec": {"containers": [container], "volumes": [volume]}}
    trial = {"template": template, "image": None, "command": None, "resources": None}
    trial = {key: value for key, value in trial.items() if value is not None}
    body = sweepjob(
        trial={**trial, "instanceCount": 2},
        searchSpace={"lr": {"type": "choice", "values": [1]}},
        metrics={"source": "tensorboard", "path": "/m/x"},
    )
    job = job_manifest(IDENTITY, parse_sweepjob(body), {"lr": 1}, SIDECAR)
    pod = job["spec"]["template"]["spec"]
    read = next(c for c in pod["initContainers"] if c["name"] == "sweepjob-sidecar")["volumeMounts"]
    kept, *own = trainer_of(job)["volumeMounts"]
    assert kept == mount
    if mounted is None:
        assert not own
        assert written in {m.get("subPathExpr") for m in read}
    else:
        assert [(m["mountPath"], m["subPathExpr"]) for m in own] == [("/m/x", mounted)]
        assert mounted in {m.get("subPathExpr") for m in read}
    body["spec"]["trial"]["instanceCount"] = 1
    alone = job_manifest(IDENTITY, parse_sweepjob(body), {"lr": 1}, SIDECAR)
    assert trainer_of(alone)["volumeMounts"] == [mount]


@pytest.mark.parametrize(
    ("distribution", "ports"),
    [
        ({"type": "pytorch"}, []),
        ({"type": "tensorflow"}, [2222]),
        ({"type": "mpi", "sshSecret": "keys"}, [2222]),
        ({"type": "ray", "port": 6400}, [6400]),
        ({"type": "ray", "includeDashboard": True, "dashboardPort": 8300}, [6379, 8300]),
    ],
)
def test_with_the_nodes_network_no_two_trials_have_a_port_on_a_node(
    distribution: dict[str, Any], ports: list[int]
) -> None:
    """The ssh daemon of one trial would otherwise start the processes of another."""
    given = {"containerPort": 6379, "hostPort": 6379}
    container = {"name": "trainer", "image": "i", "command": ["train"], "ports": [given]}
    template = {"spec": {"containers": [container], "hostNetwork": True}}
    spec = {"searchSpace": {"lr": {"type": "choice", "values": [1]}}, "metrics": {"source": "logs"}}
    trial = {"template": template, "instanceCount": 2, "distribution": distribution}
    body = sweepjob(trial=trial, **spec)
    job = job_manifest(IDENTITY, parse_sweepjob(body), {"lr": 1}, SIDECAR)
    first, master, *others = trainer_of(job)["ports"]
    assert first == given
    assert str(master["hostPort"]) == environment(job)["MASTER_PORT"]
    assert [p["hostPort"] for p in others] == [port for port in ports if port != 6379]
    assert all(p["hostPort"] == p["containerPort"] for p in others)
    del template["spec"]["hostNetwork"]
    inside = job_manifest(IDENTITY, parse_sweepjob(body), {"lr": 1}, SIDECAR)
    assert trainer_of(inside)["ports"] == [given]


def test_names_stay_within_the_limits() -> None:
    """The longest name of a sweep, five digits of a trial, three of an attempt, and the last rank."""
    identity = TrialIdentity(
        "team", "s" * 46, "s" * 46 + "-99999", "uid", 999, "folder", "sweep-uid"
    )
    hosts = host_names(identity, 512)
    host, service = hosts[-1].split(".")
    assert len(host) <= 63
    assert len(service) <= 63
    assert len(",".join(hosts)) < 128 * 1024, "the longest variable that Linux allows"
    assert len(set(hosts)) == 512


@pytest.mark.parametrize(
    ("trial", "path", "remedy"),
    [
        ({"instanceCount": 0}, "spec.trial.instanceCount", "at least 1"),
        ({"instanceCount": 513}, "spec.trial.instanceCount", "at most 512"),
        ({"distribution": {"type": "horovod"}}, "spec.trial.distribution.type", "pytorch"),
        ({"distribution": {"type": "ray", "workerCount": 1}}, "distribution.workerCount", "known"),
        ({"distribution": {"type": "tensorflow", "parameterServerCount": 1}}, "parameterServerCount", "SWEEPJOB_RANK"),
        ({"instanceCount": 2, "distribution": {"type": "mpi"}}, "distribution.sshSecret", "ssh-privatekey"),
        ({"command": "", "distribution": {"type": "ray"}}, "spec.trial.command", "started by ray"),
        ({"topology": {"required": "a"}}, "spec.trial.topology", "instanceCount of at least 2"),
        ({"instanceCount": 2, "topology": {}}, "spec.trial.topology", "required or preferred"),
        ({"instanceCount": 2, "topology": {"required": "a b"}}, "spec.trial.topology.required", "label"),
        ({"distribution": {"type": "ray", "headNodeAdditionalArgs": "a; rm b"}}, "headNodeAdditionalArgs", "shell syntax"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_is_refused(trial: dict[str, Any], path: str, remedy: str) -> None:
    message = problems(**trial)
    assert path in message
    assert remedy in message


@pytest.mark.parametrize(
    ("pod", "path"),
    [({"subdomain": "a"}, "subdomain"), ({"hostname": "a"}, "hostname"), ({"dnsPolicy": "Default"}, "dnsPolicy"),
     ({"setHostnameAsFQDN": True}, "setHostnameAsFQDN")],
)  # fmt: skip
def test_pods_that_would_not_find_each_other_are_refused(pod: dict[str, Any], path: str) -> None:
    template = {"spec": {"containers": [{"name": "a", "image": "i"}], **pod}}
    body = sweepjob(trial={"template": template, "instanceCount": 2})
    with pytest.raises(InvalidSpec, match=f"spec.trial.template.spec.{path}"):
        parse_sweepjob(body)
    parse_sweepjob(sweepjob(trial={"template": template}))


def test_a_metrics_file_in_an_output_is_refused() -> None:
    given = {
        "metrics": {"source": "file", "path": "/outputs/m/a.jsonl"},
        "outputs": {"m": {"volume": {"persistentVolumeClaim": {"claimName": "c"}}}},
    }
    manifest(**given)
    with pytest.raises(InvalidSpec, match=r"spec\.metrics\.path.*output m"):
        manifest(trial={"instanceCount": 2}, **given)


def launch(job: dict[str, Any], rank: int, folder: Path, programs: dict[str, str]) -> str:
    """What the command of a pod does, with other programs in place of those of the image."""
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    trainer = trainer_of(job)
    env = {**environment(job), "SWEEPJOB_RANK": str(rank), "PATH": f"{folder}:{os.environ['PATH']}"}
    words = [w.replace("$$", "$") for w in trainer["command"]]
    words[2] = words[2].replace("/usr/sbin/sshd", "sshd")
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, check=False)
    return f"{done.stdout}{done.stderr}exit {done.returncode}"


def test_ray_starts_the_command_on_its_head_and_workers_elsewhere(tmp_path: Path) -> None:
    trial = {"instanceCount": 2, "command": ["sh", "-c", "echo trains $RAY_ADDRESS; exit 3"]}
    job = manifest(
        trial={**trial, "distribution": {"type": "ray", "workerNodeAdditionalArgs": "--num-cpus=4"}}
    )
    programs = {"ray": 'echo ray "$@"'}
    head = launch(job, 0, tmp_path, programs)
    assert "ray start --head --port=6379 --include-dashboard=false" in head
    assert "trains auto" in head
    assert head.endswith("ray stop\nexit 3")
    worker = launch(job, 1, tmp_path, programs)
    address = "sweep-3-r2-0.sweepjob-sweep:6379"
    assert worker == f"ray start --address={address} --block --num-cpus=4\nexit 0"


@pytest.mark.skipif(shutil.which("awk") is None, reason="the launcher needs awk, as the image does")
def test_mpirun_starts_the_command_with_the_variables_of_the_trial(tmp_path: Path) -> None:
    distribution = {"type": "mpi", "processCountPerInstance": 2, "sshSecret": "keys"}
    job = manifest(trial={"instanceCount": 2, "distribution": distribution})
    programs = {"mpirun": 'echo mpirun "$@"', "sshd": 'echo sshd "$@"'}
    first = launch(job, 0, tmp_path, programs)
    assert first.startswith("mpirun -n 4 ")
    assert "-x AZUREML_SWEEP_lr" in first
    assert "-x MLFLOW_TRACKING_URI" in first
    assert "-x SWEEPJOB_RANK " not in first, "each pod has a rank of its own"
    assert first.endswith("python train.py --lr 0.1 --units 32\nexit 0")
    assert "-D -e -p 2222 -h /home/mpiuser/.ssh/id_rsa" in launch(job, 1, tmp_path, programs)
    template = job["spec"]["template"]
    assert template["metadata"]["annotations"]["sweepjob.dev/hostfile"] == (
        "sweep-3-r2-0.sweepjob-sweep slots=2\nsweep-3-r2-1.sweepjob-sweep slots=2\n"
    )
    volumes = {v["name"]: v for v in template["spec"]["volumes"]}
    assert volumes["sweepjob-ssh"]["secret"]["secretName"] == "keys"
    assert template["spec"]["securityContext"]["fsGroup"] == 65532
