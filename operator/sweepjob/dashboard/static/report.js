// The page of a report, which contains its documents.
import { Dashboard } from "./dashboard.js";
import { EmbeddedSource } from "./embedded_source.js";

const documents = JSON.parse(document.getElementById("documents").textContent);
// For the browser's console, and for tests.
globalThis.page = new Dashboard(document.getElementById("app"), new EmbeddedSource(documents));
