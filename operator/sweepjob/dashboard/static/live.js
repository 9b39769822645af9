// The page that a server serves.
import { Dashboard } from "./dashboard.js";
import { ServerSource } from "./server_source.js";

// For the browser's console, and for tests.
globalThis.page = new Dashboard(document.getElementById("app"), new ServerSource());
