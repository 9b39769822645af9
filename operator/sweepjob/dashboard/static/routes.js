// What the address's fragment stands for: #/s/NAMESPACE/NAME/VIEW/INDEX, #/compare/NAMESPACE/NAME/..., or
// the list of sweeps; behind a question mark are the options of the view, such as its filters.

const join = (parts) => `#/${parts.map(encodeURIComponent).join("/")}`;

/** A fragment with options, which are texts by name; those that are empty are left out. */
export function withOptions(fragment, options) {
  const given = Object.entries(options).filter(([, value]) => value !== "" && value !== undefined);
  const path = fragment.split("?")[0];
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/** The address of a view of a sweep; of a trial with its index. */
export function sweepHref(namespace, name, view, index, options = {}) {
  const parts = ["s", namespace, name, view, ...(index === undefined ? [] : [index])];
  return withOptions(join(parts), options);
}

/** The address of the comparison of sweeps, given as pairs of namespace and name. */
export function comparisonHref(sweeps) {
  return join(["compare", ...sweeps.flat()]);
}

/** The route of a fragment: its page is "sweep", "comparison" or "list". */
export function parseRoute(fragment) {
  const [path, query = ""] = fragment.split(/\?(.*)/s);
  const options = Object.fromEntries(new URLSearchParams(query));
  const [page, ...rest] = path.replace(/^#\/?/, "").split("/").map(decodePart);
  if (page === "s" && rest.length > 1) {
    const [namespace, name, view, index] = rest;
    return { page: "sweep", namespace, name, view, index, options };
  }
  if (page === "compare") {
    const namespaces = rest.filter((_, n) => n % 2 === 0);
    return {
      page: "comparison",
      sweeps: namespaces.map((namespace, n) => [namespace, rest[2 * n + 1]]),
      options,
    };
  }
  return { page: "list", options };
}

// An address that somebody cut off or typed may have a percent sign that stands for nothing.
function decodePart(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The path of a sweep in the server's API. */
export function documentPath(namespace, name) {
  return `api/sweeps/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

/** The path of what the server's API has of a trial: its "log", or the "tails" that are on record. */
export function trialPath(namespace, name, trial, what) {
  return `${documentPath(namespace, name)}/trials/${encodeURIComponent(trial)}/${what}`;
}
