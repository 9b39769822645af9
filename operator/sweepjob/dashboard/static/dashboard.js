// The page as a whole: it opens the list of sweeps, one sweep, or a comparison, as the address says.
import { mountComparison } from "./comparison.js";
import { element } from "./dom.js";
import { copyExactNumbers } from "./exact_numbers.js";
import { formatTime } from "./format.js";
import { loginForm } from "./login.js";
import { navigation } from "./navigation.js";
import { followPrinting } from "./printing.js";
import { comparisonHref, parseRoute, sweepHref } from "./routes.js";
import { followShortcuts } from "./shortcuts.js";
import { mountSweepList } from "./sweep_list.js";
import { SweepModel } from "./sweep_model.js";
import { SweepPage } from "./sweep_page.js";
import { switchTheme } from "./theme.js";
import { storeToken } from "./token.js";
import { ViewOptions } from "./view_options.js";

const MOST_COMPARED = 4; // sweeps of a report, which opens with their comparison

export class Dashboard {
  /** Fills an element; `source` is where documents come from. */
  constructor(root, source) {
    this.source = source;
    this.opened = null; // what the address stands for: it has `update` and `close`
    this.requests = 0; // how often something was opened: the answer to an earlier request comes too late
    this.notice = element("p", { class: "trouble notice", role: "status", hidden: true });
    this.time = element("span", { class: "note time" });
    this.head = element("div", { class: "head" }); // of the sweep that is open
    this.tabs = element("div", { class: "tabs-place" });
    this.main = element("main", { id: "main" });
    const bar = element("div", { class: "bar" }, navigation(this), this.tabs);
    root.replaceChildren(bar, this.notice, this.main);
    addEventListener("hashchange", () => this.followAddress());
    for (const query of ["(prefers-color-scheme: dark)", "(max-width: 600px)"])
      matchMedia(query).addEventListener("change", () => this.opened?.update());
    followShortcuts(this);
    followPrinting(() => this.opened?.update());
    copyExactNumbers();
    this.followAddress();
  }

  get model() {
    return this.opened?.model;
  }
  get view() {
    return this.opened?.view;
  }
  hrefOf(view, index) {
    return this.opened.hrefOf(view, index);
  }

  switchTheme() {
    switchTheme();
    this.opened?.update();
  }

  /** Opens what the address stands for; another view of an open sweep without reading it again. */
  async followAddress() {
    const route = parseRoute(location.hash);
    if (this.opened?.isAt?.(route)) return this.opened.showView(route);
    this.closeOpened();
    this.notify("");
    const request = ++this.requests;
    try {
      const documents = await this.read(route);
      if (request === this.requests) this.opened = this.open(route, documents);
    } catch (error) {
      if (request === this.requests) this.showError(error);
    }
  }

  closeOpened() {
    this.opened?.close();
    this.opened = null;
    this.head.replaceChildren();
    this.tabs.replaceChildren();
  }

  async read(route) {
    const sweeps = { sweep: [[route.namespace, route.name]], comparison: route.sweeps, list: [] };
    return Promise.all(
      sweeps[route.page].map(([namespace, name]) => this.source.read(namespace, name)),
    );
  }

  open(route, documents) {
    this.main.replaceChildren();
    const models = documents.map((document) => new SweepModel(document));
    if (route.page === "sweep") return new SweepPage(this, this.main, models[0], route);
    const options = new ViewOptions(route.options);
    if (route.page === "comparison") return this.openComparison(models, options);
    return this.openList(options);
  }

  openComparison(models, options) {
    document.title = "Comparison – SweepJob";
    this.showTime(Math.max(...models.map(({ document: { made } }) => made)));
    return mountComparison(this.main, models, options);
  }

  openList(options) {
    if (location.hash === "" && this.openReport()) return null;
    document.title = "Sweeps – SweepJob";
    const list = mountSweepList(this.main, options);
    const show = (sweeps, now) => {
      this.showTime(now);
      list.show(sweeps, now);
    };
    const stop = this.source.streamList(show, (...error) => this.showConnection(...error));
    const close = () => {
      stop();
      list.close();
    };
    return { update() {}, close };
  }

  /** Opens the only sweep of a report, or the comparison of its few; returns whether it did. */
  openReport() {
    const sweeps = (this.source.documents ?? []).map(({ sweep }) => [sweep.namespace, sweep.name]);
    if (!sweeps.length || sweeps.length > MOST_COMPARED) return false;
    const href = sweeps.length === 1 ? sweepHref(...sweeps[0], "overview") : comparisonHref(sweeps);
    location.replace(href);
    return true;
  }

  notify(text) {
    this.notice.hidden = !text;
    this.notice.textContent = text;
  }

  /** Shows when the data is from (seconds since the epoch). */
  showTime(seconds) {
    this.time.textContent = `as of ${formatTime(seconds)} UTC${this.source.isLive ? ", live" : ""}`;
  }

  /** Reports that the connection is lost; an empty text, that it is there again. */
  showConnection(text, status) {
    if (status === 401) this.showError(Object.assign(new Error(text), { status }));
    else this.notify(text ? `Not live: ${text}` : "");
  }

  showError(error) {
    this.main.replaceChildren();
    if (error.status !== 401) return this.notify(error.message);
    this.notify("");
    const form = loginForm(error.message, (token) => {
      storeToken(token);
      this.followAddress();
    });
    this.main.append(form);
    form.querySelector("input").focus();
  }
}
