// How the causes of a sweep's trouble are mended, by the reasons of its conditions.

const applyAgain = "spec.trial cannot change: delete the sweep, and apply the corrected file";
const describePods = ({ kubectl }, { name }) =>
  kubectl(`describe pods -l sweepjob.dev/sweep=${name}`);
const readLogs = ({ ofSweep }) => ofSweep("explain");
const waits = "The trials start by themselves as soon as it is there";

const template = {
  text: `Correct the trial's template as the message says. ${applyAgain}.`,
  command: describePods,
};
const permission = {
  text: "Ask the administrator of the cluster; the check names what is missing.",
  command: () => "kubectl sweepjob doctor",
};
const script = {
  text: "Correct the trainer, and run the sweep again.",
  command: ({ again }) => again,
};

export const REMEDIES = {
  NoFeasibleTrial: {
    text: "Create another sweep with wider bounds in constraints, or with another searchSpace.",
    command: readLogs,
  },
  InvalidSpec: {
    text: "Correct the fields, check the file, and apply it again.",
    command: () => "kubectl sweepjob validate -f SWEEP.yaml && kubectl apply -f SWEEP.yaml",
  },
  ImageCannotBePulled: {
    text: `Correct the image, or give its pull secret. ${applyAgain}.`,
    command: describePods,
  },
  ContainerCannotStart: template,
  PodSecurityViolated: template,
  PodRefused: template,
  JobRefused: template,
  LimitRangeViolated: template,
  ResourcesNotSpecified: template,
  Unschedulable: {
    text: "Free or add nodes, or let the trials ask for less. They start by themselves as soon as there is room.",
    command: () => "kubectl describe nodes",
  },
  QuotaExceeded: {
    text: "Raise the quota, or wait until other pods end. The trials start by themselves then.",
    command: ({ kubectl }) => kubectl("describe resourcequota"),
  },
  NotFound: {
    text: `Create the object that the message names. ${waits}.`,
    command: ({ kubectl }) => kubectl("get secrets,configmaps,persistentvolumeclaims"),
  },
  VolumeCannotBeMounted: {
    text: `Look at the claim, and at who holds it. ${waits}.`,
    command: ({ kubectl }) => kubectl("describe persistentvolumeclaims"),
  },
  OperatorNotPermitted: permission,
  OperatorMissing: permission,
  MetricNotReported: {
    text: "Let the script report the metric under this name, or name another one in objective.primaryMetric.",
    command: readLogs,
  },
  NoTrialSucceeded: script,
  TooManyFailedTrials: script,
  SamplerFailed: {
    text: "Mend the plug-in that the message names. It is asked again by itself.",
    command: readLogs,
  },
  PolicyFailed: {
    text: "Mend the plug-in that the message names. Until then no trial is stopped early.",
    command: readLogs,
  },
  SweepTimeout: {
    text: "Give the sweep more time in limits.timeout, or fewer trials, and run it again.",
    command: readLogs,
  },
};
