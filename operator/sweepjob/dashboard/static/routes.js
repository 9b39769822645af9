// What the address's fragment stands for: #/s/NAMESPACE/NAME/VIEW/INDEX, #/compare/NAMESPACE/NAME/..., or
// the list of sweeps.

const join = (parts) => `#/${parts.map(encodeURIComponent).join("/")}`;

/** The address of a view of a sweep; of a trial with its index. */
export function sweepHref(namespace, name, view, index) {
  return join(["s", namespace, name, view, ...(index === undefined ? [] : [index])]);
}

/** The address of the comparison of sweeps, given as pairs of namespace and name. */
export function comparisonHref(sweeps) {
  return join(["compare", ...sweeps.flat()]);
}

/** The route of a fragment: its page is "sweep", "comparison" or "list". */
export function parseRoute(fragment) {
  const [page, ...rest] = fragment.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (page === "s" && rest.length > 1) {
    const [namespace, name, view, index] = rest;
    return { page: "sweep", namespace, name, view, index };
  }
  if (page === "compare") {
    const namespaces = rest.filter((_, n) => n % 2 === 0);
    return {
      page: "comparison",
      sweeps: namespaces.map((namespace, n) => [namespace, rest[2 * n + 1]]),
    };
  }
  return { page: "list" };
}

/** The path of a sweep in the server's API. */
export function documentPath(namespace, name) {
  return `api/sweeps/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}
