"""Downloads a trial's outputs from their volumes through a temporary pod."""

from __future__ import annotations

import tarfile
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..api import names
from ..api.spec.outputs import Output, trial_folder
from ..api.spec_parser import parse_sweepjob
from ..trial_pods.output_reader import MOUNT, START_TIMEOUT, output_reader
from .sweep_objects import SweepError


def download(
    api_client: Any, sweep: Mapping[str, Any], trial: str, output_name: str | None, path: Path
) -> list[str]:
    """Copy the outputs of a trial to ``path/OUTPUT``.

    Args:
        api_client: the Kubernetes client.
        sweep: the SweepJob object.
        trial: name of the trial.
        output_name: name of one output; None for all.
        path: folder on this machine.

    Returns:
        The folders that were written.

    Raises:
        SweepError: there are no such outputs, or the pod that reads them does not run.
    """
    meta = sweep["metadata"]
    outputs = parse_sweepjob(sweep).outputs
    selected = [output for output in outputs if output_name in (None, output.name)]
    if not selected:
        listed = ", ".join(output.name for output in outputs) or "none"
        raise SweepError(f"{meta['name']}: no output {output_name or ''}; there are: {listed}")
    folder = trial_folder(meta["name"], meta["uid"], trial)
    made = []
    with _OutputPod(api_client, sweep, trial, selected) as reader:
        for output in selected:
            target = path / output.name
            reader.copy(f"{MOUNT}/{output.name}", output.folder(folder), target)
            made.append(str(target))
    return made


class _OutputPod:
    """A pod that mounts the volumes. It uses the trial's image, which must have sleep and tar."""

    def __init__(
        self, api_client: Any, sweep: Mapping[str, Any], trial: str, outputs: list[Output]
    ) -> None:
        from kubernetes import client

        self._api = client.CoreV1Api(api_client)
        self._namespace = sweep["metadata"]["namespace"]
        self._name = f"{trial}-outputs"
        self._body = output_reader(self._name, sweep, outputs)

    def __enter__(self) -> _OutputPod:
        from kubernetes.client import ApiException

        try:
            self._api.create_namespaced_pod(self._namespace, self._body)
        except ApiException as error:
            raise SweepError(f"the pod that reads the outputs is refused: {error.body}") from None
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            pod = self._api.read_namespaced_pod(self._name, self._namespace)
            if pod.status.phase == "Running":
                return self
            if time.monotonic() > deadline or pod.status.phase in ("Failed", "Succeeded"):
                self.__exit__()
                raise SweepError(
                    f"the pod {self._name} that reads the outputs is {pod.status.phase}; the image needs "
                    "sleep and tar, and the volume must be free to be mounted"
                )
            time.sleep(0.3)

    def __exit__(self, *_: object) -> None:
        self._api.delete_namespaced_pod(self._name, self._namespace, grace_period_seconds=0)

    def copy(self, root: str, folder: str, target: Path) -> None:
        """Copy a folder of a volume to this machine.

        Args:
            root: mount path of the volume.
            folder: folder on the volume.
            target: folder on this machine.

        Raises:
            SweepError: the folder cannot be read.
        """
        from kubernetes.stream import stream

        source = f"{root}/{folder}"
        command = ["tar", "-cf", "-", "-C", source, "."]
        answer = stream(
            self._api.connect_get_namespaced_pod_exec,
            self._name,
            self._namespace,
            command=command,
            container=names.TRAINER,
            stdout=True,
            stderr=True,
            stdin=False,
            tty=False,
            binary=True,
            _preload_content=False,
        )
        with tempfile.TemporaryFile() as data:  # outputs may be larger than the memory
            errors = b""
            is_open = True
            while is_open:
                is_open = answer.is_open()
                answer.update(timeout=1)
                if answer.peek_stdout():
                    data.write(answer.read_stdout())
                if answer.peek_stderr():
                    errors += answer.read_stderr()
            if answer.returncode:
                text = errors.decode(errors="replace").strip()
                raise SweepError(f"{source} cannot be read: {text}")
            target.mkdir(parents=True, exist_ok=True)
            data.seek(0)
            with tarfile.open(fileobj=data) as archive:
                archive.extractall(target, filter="data")
