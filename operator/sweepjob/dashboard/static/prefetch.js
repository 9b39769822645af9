// Requests the document of the sweep in the address while the other scripts are still being loaded.
import { documentPath, parseRoute } from "./routes.js";
import { authorization } from "./token.js";

let pending = null;

const route = parseRoute(location.hash);
if (route.page === "sweep") {
  const path = `${documentPath(route.namespace, route.name)}?curves=later`;
  pending = { path, response: fetch(path, { headers: authorization(), cache: "no-store" }) };
  pending.response.catch(() => {}); // whoever claims the response handles the error
}

/** Returns the response for a path if it was requested early, once; else null. */
export function claimPrefetched(path) {
  const claimed = pending?.path === path ? pending.response : null;
  pending = null;
  return claimed;
}
