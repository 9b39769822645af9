// The views of a sweep, in the order of their tabs. A view has an id, a title, and a function that mounts it
// in a panel and returns an object with `update` and `close`.
import { costView } from "./views/cost.js";
import { curvesView } from "./views/curves.js";
import { eventsView } from "./views/events.js";
import { importanceView } from "./views/importance.js";
import { logsView } from "./views/logs.js";
import { overviewView } from "./views/overview.js";
import { parametersView } from "./views/parameters.js";
import { timelineView } from "./views/timeline.js";
import { trialsView } from "./views/trials.js";

export const VIEWS = [
  overviewView,
  trialsView,
  curvesView,
  parametersView,
  importanceView,
  timelineView,
  costView,
  logsView,
  eventsView,
];
