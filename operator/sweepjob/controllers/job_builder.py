"""Builds the Job of an attempt for the namespace that it runs in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..api import names
from ..api.parsing.size_limits import JOB_LIMIT, written_size
from ..api.spec.outputs import trial_folder
from ..api.validation.reserved_names import ReservedName
from ..kube import errors
from ..search.space import Assignment
from ..trial_pods.identity import TrialIdentity
from ..trial_pods.job_manifest import job_manifest
from ..trial_pods.sidecar import SidecarSettings
from ..trial_pods.trial_object import trial_object
from .code_check import HASH
from .event_recorder import EventRecorder
from .ingest_authority import IngestAuthority
from .namespace_constraint_reader import NamespaceConstraintReader
from .schema_reader import SchemaReader
from .state.sweep_state import SweepState
from .state.sweep_store import SweepStore

_NO_TEMPLATE = "a field has another type than in a pod; see kubectl explain pod.spec"


class JobBuilder:
    """Builds Jobs, with sidecars that fit the constraints of their namespace.

    Args:
        events: records events.
        limits: reads the LimitRanges and quotas of a namespace.
        sidecar: configuration of the sidecars, without the authority.
        authority: the authority by which sidecars trust the ingest server.
        schemas: reads which types the kinds of trials declare.
    """

    def __init__(
        self,
        events: EventRecorder,
        limits: NamespaceConstraintReader,
        sidecar: SidecarSettings,
        authority: IngestAuthority,
        schemas: SchemaReader,
    ) -> None:
        self._events = events
        self._limits = limits
        self._sidecar = sidecar
        self._authority = authority
        self._schemas = schemas

    async def build(
        self, sweep: SweepStore, trial: str, uid: str, attempt: int, assignment: Assignment
    ) -> dict[str, Any]:
        """Return the Job of an attempt, or the object of another kind.

        Args:
            sweep: the sweep, whose state gets what was adjusted.
            trial: name of the trial.
            uid: uid of its SweepTrial.
            attempt: number of the attempt, from 1.
            assignment: the trial's parameters.

        Raises:
            Refused: the user's pod template is invalid, or the Job is too large.
            ApiError: the API server did not answer.
        """
        state = sweep.state
        identity = _trial_identity(state, trial, uid, attempt)
        try:
            limits = await self._limits.read(identity.namespace)
            spec = state.spec
            code_hash = state.code.removeprefix(HASH)
            sidecar = replace(self._sidecar, certificate_authority=self._authority.pem)
            given = (identity, spec, assignment, sidecar, limits, code_hash)
            if spec.trial.manifest is None:
                body = job_manifest(*given)
            else:
                body = trial_object(*given, await self._schemas.read(spec.trial.manifest))
        except ReservedName as error:
            where = state.spec.trial.template_path.removeprefix("spec.")
            raise errors.Refused(f"{where}.spec.{error}") from error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise errors.Refused(f"{error}: {_NO_TEMPLATE}") from error
        size = written_size(body)
        if size > JOB_LIMIT:
            raise errors.Refused(
                f"it has {size} bytes of JSON and may have {JOB_LIMIT}: shorten trial.template and the "
                "parameters that it contains, or read them from a ConfigMap or from SWEEPJOB_PARAMETERS"
            )
        annotations = body["metadata"].get("annotations") or {}
        adjustment = annotations.get(names.ANNOTATION_FITTED, "")
        if adjustment and adjustment != state.findings.sidecar_adjustment:
            self._events.sidecar_adjusted(state, adjustment)
        sweep.set_sidecar_adjustment(adjustment)
        return body


def _trial_identity(state: SweepState, trial: str, uid: str, attempt: int) -> TrialIdentity:
    sweep = state.identity
    folder = trial_folder(sweep.name, sweep.uid, trial)
    return TrialIdentity(sweep.namespace, sweep.name, trial, uid, attempt, folder, sweep.uid)
