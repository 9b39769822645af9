// Axes of costs: in one unit, so that their marks are round numbers.
import { formatTick } from "./format.js";

const HOUR = 3600; // seconds
const MINUTE = 60;

/** The unit of costs up to `most` seconds: the seconds that it has, and its name, of GPU time or of time. */
export function costUnit(most, hasGpus) {
  const [seconds, name] =
    most >= HOUR ? [HOUR, "h"] : most >= 2 * MINUTE && !hasGpus ? [MINUTE, "min"] : [1, "s"];
  return { seconds, name: hasGpus ? `GPU-${name}` : name };
}

/** What an axis of costs has beside its style: its name, and the marks of values in seconds. */
export function costAxis(title, most, hasGpus) {
  const { seconds, name } = costUnit(most, hasGpus);
  return {
    name: `${title} (${name})`,
    interval: niceStep(most / seconds) * seconds,
    axisLabel: { formatter: (value) => formatTick(value / seconds), showMaxLabel: false },
  };
}

const MARKS = 5;

// The smallest of 1, 2, 5, 10, 20 and so on that divides a length into few parts.
function niceStep(length) {
  const rough = Math.max(length, 1e-9) / MARKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? 10 * power;
}
