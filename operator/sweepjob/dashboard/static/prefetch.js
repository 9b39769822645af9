// Requests the document of the sweep in the address while the other scripts are still being loaded. It is a script
// of its own, which leaves what it has requested in a global variable.
import { documentPath, parseRoute } from "./routes.js";
import { authorization } from "./token.js";

const route = parseRoute(location.hash);
// Whoever came first has read the document already.
if (route.page === "sweep" && !globalThis.page) {
  const path = `${documentPath(route.namespace, route.name)}?curves=later`;
  const response = fetch(path, { headers: authorization(), cache: "no-store" });
  response.catch(() => {}); // whoever claims the response handles the error
  globalThis.prefetched = { path, response };
}
