import { element } from "./dom.js";
import { numberNode } from "./exact_numbers.js";

/** Pairs of name and value as a list of definitions; those without a value are left out. */
export function parameterList(pairs) {
  const known = pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return element(
    "dl",
    {},
    known.flatMap(([name, value]) => [
      element("dt", {}, name),
      element("dd", {}, value instanceof Node ? value : numberNode(value)),
    ]),
  );
}
