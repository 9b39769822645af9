// The page of one sweep: its head, the tabs, and the view that is open.
import { element } from "./dom.js";
import { hasContent, mountEmptyView } from "./empty_view.js";
import { patchChildren } from "./patch.js";
import { sweepHref } from "./routes.js";
import { sweepHeader } from "./sweep_header.js";
import { showTabs } from "./tabs.js";
import { throttled } from "./throttle.js";
import { ViewOptions } from "./view_options.js";
import { mountTrial } from "./views/trial.js";
import { mountTrialComparison } from "./views/trial_comparison.js";
import { VIEWS } from "./views.js";

const REDRAW_PAUSE = 400; // milliseconds between two drawings of a running sweep
// Views without a tab of their own, which are shown as part of the trials.
const PARTS = { trial: mountTrial, compare: mountTrialComparison };

export class SweepPage {
  constructor(dashboard, panel, model, route) {
    this.dashboard = dashboard;
    this.model = model;
    this.view = null;
    this.options = new ViewOptions();
    this.optionsByView = new Map(); // of the tabs that were open before
    this.isClosed = false;
    this.tabs = element("div", { class: "tabs", role: "tablist", "aria-label": "views" });
    this.body = element("div", { class: "view", role: "tabpanel", id: "view", tabindex: "-1" });
    dashboard.tabs.replaceChildren(this.tabs);
    panel.append(this.body);
    document.title = `${model.title} – SweepJob`;
    this.drawHead();
    this.showView(route);
    this.stopStream = this.followChanges();
  }

  /** Whether a route is one of this sweep's. */
  isAt({ page, namespace, name }) {
    return page === "sweep" && `${namespace}/${name}` === this.model.title;
  }

  /** Whether the sweep ran without a cluster, so that no kubectl knows of it. */
  get isLocal() {
    return Boolean(this.model.sweep.isLocal);
  }

  hrefOf(view, index, options) {
    return sweepHref(this.model.sweep.namespace, this.model.sweep.name, view, index, options);
  }

  openTrial(index) {
    location.hash = this.hrefOf("trial", index);
  }

  followChanges() {
    const redraw = throttled(() => {
      if (!this.isClosed) this.redraw();
    }, REDRAW_PAUSE);
    const onChange = (change) => {
      this.model.merge(change);
      redraw();
    };
    const onError = (...error) => this.dashboard.showConnection(...error);
    return this.dashboard.source.streamChanges(this.model.document, onChange, onError);
  }

  redraw() {
    this.drawHead();
    // Views have a place for each parameter: they are mounted anew when the first trials bring
    // them; for tags and notes in the same way.
    const { names, isEmpty, chosen } = this.shown;
    if (
      names !== this.columnNames(this.shown.view) ||
      isEmpty === hasContent(this.model, chosen.needs)
    )
      this.showView({ ...this.shown, options: this.options.values });
    else this.update();
  }

  update() {
    this.view.update();
  }

  drawHead() {
    patchChildren(this.dashboard.head, [sweepHeader(this)]);
    this.dashboard.showTime(this.model.document.made);
  }

  // What views have a place for. The page of a trial has one for tags and a note in any case.
  columnNames(view) {
    const { model } = this;
    const more = view === "trial" ? [] : [model.hasTags, model.hasNotes];
    return JSON.stringify([model.parameterNames(), ...more]);
  }

  /** Opens a view by its id, the first one for an unknown id; "trial" with the index of the trial. */
  showView({ view, index, options = {} }) {
    this.view?.close();
    const chosen = VIEWS.find(({ id }) => id === view) || VIEWS[0];
    const isPart = view in PARTS;
    const isEmpty = !isPart && !hasContent(this.model, chosen.needs);
    this.shown = { view, index, chosen, isEmpty, names: this.columnNames(view) };
    this.options.close();
    this.options = new ViewOptions(options);
    if (!isPart) this.optionsByView.set(chosen.id, this.options);
    this.body.replaceChildren();
    const hrefOf = (id) => this.hrefOf(id, undefined, this.optionsByView.get(id)?.values);
    showTabs(this.tabs, isPart ? "trials" : chosen.id, hrefOf);
    this.view = this.mount(index);
    this.view.update();
  }

  mount(index) {
    const { view, chosen, isEmpty } = this.shown;
    if (view in PARTS) return PARTS[view](this.body, this, index);
    return isEmpty ? mountEmptyView(this.body, this, chosen) : chosen.mount(this.body, this);
  }

  close() {
    this.isClosed = true;
    this.stopStream();
    this.options.close();
    this.view.close();
  }
}
