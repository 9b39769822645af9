// The pods of a trial of several.

/** Rows by rank: cells, and the command that prints the pod's log; empty where nobody has the log. */
export function podRows(trial, namespace) {
  return (trial.pods ?? []).map(({ rank, pod, node, state }) => {
    const hasLog = namespace && state !== "Deleted" && state !== "Pending";
    const command = `kubectl sweepjob logs ${trial.name} -n ${namespace} --rank ${rank}`;
    return {
      cells: [String(rank), pod, node || "none yet", state],
      command: hasLog ? command : "",
    };
  });
}
