// The values of trials on the axes of the importance.

/** The name of a parameter without the positions of branches: `case[0].width` is `case.width`. */
export const plainName = (name) => name.replace(/\[\d+\]/g, "");

/**
 * A trial's value on an axis: that of the parameter, or the constants that identify the branch which the
 * trial has chosen ("width=64, depth=2"); undefined if it has none.
 */
export function valueOnAxis(trial, axis) {
  const name = plainName(axis.name);
  if (trial.parameters[name] !== undefined) return trial.parameters[name];
  const hasConstant = (pair) => {
    const [key] = pair.split("=");
    return String(trial.parameters[`${name}.${key}`]) === pair.slice(key.length + 1);
  };
  const isBranch = (value) => typeof value === "string" && value.includes("=");
  return axis.values.find((value) => isBranch(value) && value.split(", ").every(hasConstant));
}

/** The position of the bin of an axis that a value falls into; that of null for undefined; -1 for none. */
export function binOf(axis, value) {
  if (value === undefined) return axis.values.indexOf(null);
  if (!axis.ordered) return axis.values.findIndex((v) => String(v) === String(value));
  let nearest = 0;
  axis.values.forEach((v, n) => {
    if (v !== null && Math.abs(v - value) < Math.abs(axis.values[nearest] - value)) nearest = n;
  });
  return nearest;
}
