// The page as a whole: it opens the list of sweeps, one sweep, or a comparison, as the address says.
import { mountComparison } from "./comparison.js";
import { element } from "./dom.js";
import { formatTime } from "./format.js";
import { loginForm } from "./login.js";
import { parseRoute, sweepHref } from "./routes.js";
import { mountSweepList } from "./sweep_list.js";
import { SweepModel } from "./sweep_model.js";
import { SweepPage } from "./sweep_page.js";
import { switchTheme } from "./theme.js";
import { storeToken } from "./token.js";

export class Dashboard {
  /** Fills an element; `source` is where documents come from. */
  constructor(root, source) {
    this.source = source;
    this.opened = null; // what the address stands for: it has `update` and `close`
    this.requests = 0; // how often something was opened: the answer to an earlier request comes too late
    this.notice = element("p", { class: "trouble notice", role: "status", hidden: true });
    this.time = element("span", { class: "note" });
    this.main = element("main", { id: "main" });
    root.replaceChildren(this.navigation(), this.notice, this.main);
    addEventListener("hashchange", () => this.followAddress());
    const systemTheme = matchMedia("(prefers-color-scheme: dark)");
    systemTheme.addEventListener("change", () => this.opened?.update());
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

  navigation() {
    const label = "switch between light and dark";
    const theme = element("button", { type: "button", class: "theme", "aria-label": label }, "◐");
    theme.addEventListener("click", () => {
      switchTheme();
      this.opened?.update();
    });
    const hasList = this.source.isLive || this.source.documents.length > 1;
    const home = hasList ? element("a", { href: "#/" }, "Sweeps") : element("span", {}, "SweepJob");
    return element("nav", { class: "top", "aria-label": "page" }, home, this.time, theme);
  }

  /** Opens what the address stands for; another view of an open sweep without reading it again. */
  async followAddress() {
    const route = parseRoute(location.hash);
    if (this.opened?.isAt?.(route)) return this.opened.showView(route.view, route.index);
    this.opened?.close();
    this.opened = null;
    this.notify("");
    const request = ++this.requests;
    try {
      const documents = await this.read(route);
      if (request === this.requests) this.opened = this.open(route, documents);
    } catch (error) {
      if (request === this.requests) this.showError(error);
    }
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
    if (route.page === "comparison") return mountComparison(this.main, models);
    return this.openList();
  }

  openList() {
    const { documents } = this.source;
    if (documents?.length === 1) {
      const { namespace, name } = documents[0].sweep;
      location.replace(sweepHref(namespace, name, "overview"));
      return null;
    }
    const list = mountSweepList(this.main);
    const stop = this.source.streamList(list.show, (...error) => this.showConnection(...error));
    const close = () => {
      stop();
      list.close();
    };
    return { update() {}, close };
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
