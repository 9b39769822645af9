// The page of one sweep: its head, the tabs, and the view that is open.
import { element } from "./dom.js";
import { sweepHref } from "./routes.js";
import { sweepHeader } from "./sweep_header.js";
import { showTabs } from "./tabs.js";
import { throttled } from "./throttle.js";
import { mountTrial } from "./views/trial.js";
import { VIEWS } from "./views.js";

const REDRAW_PAUSE = 400; // milliseconds between two drawings of a running sweep

export class SweepPage {
  constructor(dashboard, panel, model, { view, index }) {
    this.dashboard = dashboard;
    this.model = model;
    this.view = null;
    this.isBestOpen = false; // whether the details of the best trial are open
    this.isClosed = false;
    this.head = element("div");
    this.tabs = element("div", { class: "tabs", role: "tablist", "aria-label": "views" });
    this.body = element("div", { class: "view", role: "tabpanel", id: "view", tabindex: "-1" });
    panel.append(this.head, this.tabs, this.body);
    document.title = `${model.title} – SweepJob`;
    this.drawHead();
    this.showView(view, index);
    this.stopStream = this.followChanges();
  }

  /** Whether a route is one of this sweep's. */
  isAt({ page, namespace, name }) {
    return page === "sweep" && `${namespace}/${name}` === this.model.title;
  }

  /** Whether the sweep ran without a cluster, so that no kubectl knows of it. */
  get isLocal() {
    return this.model.sweep.namespace === "local" && !this.dashboard.source.isLive;
  }

  hrefOf(view, index) {
    return sweepHref(this.model.sweep.namespace, this.model.sweep.name, view, index);
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
    // Views have a place for each parameter: they are mounted anew when the first trials bring them.
    if (this.shown.names !== this.parameterNames())
      this.showView(this.shown.view, this.shown.index);
    else this.update();
  }

  update() {
    this.view.update();
  }

  drawHead() {
    const focused = document.activeElement?.id;
    this.head.replaceChildren(sweepHeader(this));
    if (focused) document.getElementById(focused)?.focus();
    this.dashboard.showTime(this.model.document.made);
  }

  parameterNames() {
    return JSON.stringify(this.model.parameterNames());
  }

  /** Opens a view by its id, the first one for an unknown id; "trial" with the index of the trial. */
  showView(id, index) {
    this.view?.close();
    this.shown = { view: id, index, names: this.parameterNames() };
    this.body.replaceChildren();
    const chosen = VIEWS.find((view) => view.id === id) || VIEWS[0];
    const isTrial = id === "trial";
    showTabs(this.tabs, isTrial ? "trials" : chosen.id, (view) => this.hrefOf(view));
    this.view = isTrial
      ? mountTrial(this.body, this, Number(index))
      : chosen.mount(this.body, this);
    this.view.update();
  }

  close() {
    this.isClosed = true;
    this.stopStream();
    this.view.close();
  }
}
