"""The GPUs of a trial."""

from __future__ import annotations

from ..trial_state import GpuUsage, LiveGpus, TrialState


class GpuTransitions:
    """Changes of the GPUs that trials hold, and of their sum.

    Attributes:
        gpus: the GPU-seconds of all live trials.
    """

    gpus: LiveGpus

    def _set_gpu(self, trial: TrialState, gpu: GpuUsage) -> None:
        self.gpus.seconds += gpu.seconds - trial.gpu.seconds
        trial.gpu = gpu
