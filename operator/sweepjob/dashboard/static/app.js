// The page: routes, tabs, and what is drawn when something changes.
"use strict";
Sweep.hrefOf = (namespace, name, view, index) =>
  `#/s/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/${view}${index === undefined ? "" : `/${index}`}`;
const REDRAW = 400; // milliseconds between two drawings of what is live

class Page {
  constructor(root, source) {
    this.root = root;
    this.source = source;
    this.close = () => {};
    this.generation = 0;
    this.bestIsOpen = false;
    this.notice = Sweep.el("p", { class: "trouble notice", role: "status", hidden: true });
    const theme = Sweep.el("button", { type: "button", class: "theme", "aria-label": "switch between light and dark" }, "◐");
    theme.addEventListener("click", () => this.switchTheme());
    const home = source.isLive || source.sheets.length > 1 ? Sweep.el("a", { href: "#/" }, "Sweeps") : Sweep.el("span", {}, "SweepJob");
    this.made = Sweep.el("span", { class: "note" });
    this.main = Sweep.el("main", { id: "main" });
    root.replaceChildren(Sweep.el("nav", { class: "top", "aria-label": "page" }, home, this.made, theme), this.notice, this.main);
    addEventListener("hashchange", () => this.route());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.view?.update());
    this.route();
  }

  switchTheme() {
    document.documentElement.dataset.theme = Sweep.isDark() ? "light" : "dark";
    this.view?.update();
  }
  get theme() {
    return Sweep.colors().text;
  }

  say(text) {
    this.notice.hidden = !text;
    this.notice.textContent = text;
  }

  async route() {
    const parts = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
    const sweep = parts[0] === "s" ? parts.slice(1, 3).join("/") : "";
    if (sweep && sweep === this.model?.title && this.opened === sweep) return this.show(parts[3], parts[4]);
    this.close();
    this.close = () => {};
    this.opened = "";
    const mine = ++this.generation;
    this.say("");
    try {
      if (sweep) await this.openSweep(mine, parts[1], parts[2], parts[3], parts[4]);
      else if (parts[0] === "compare") await this.openComparison(mine, parts.slice(1));
      else await this.openList(mine);
    } catch (error) {
      if (mine === this.generation) this.failed(error);
    }
  }

  failed(error) {
    this.main.replaceChildren();
    if (error.status !== 401) return this.say(error.message);
    this.say("");
    const field = Sweep.el("input", { type: "password", autocomplete: "off", "aria-label": "token" });
    const form = Sweep.el("form", { class: "card login" }, Sweep.el("h1", {}, "Who are you?"),
      Sweep.el("p", {}, "This page shows what you may read in the cluster. Give a bearer token of yours, such as the one that kubectl create token prints. It is kept until this tab is closed."),
      field, Sweep.el("button", {}, "Show sweeps"), Sweep.el("p", { class: "note" }, error.message));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.source.token = field.value.trim();
      this.route();
    });
    this.main.append(form);
    field.focus();
  }

  async openList(mine) {
    const sheets = this.source.sheets;
    if (sheets?.length === 1) {
      const { namespace, name } = sheets[0].sweep;
      location.replace(Sweep.hrefOf(namespace, name, "overview"));
      return;
    }
    this.main.replaceChildren();
    this.model = null;
    const list = Sweep.mountSweeps(this.main, this);
    const stop = await this.source.list((sweeps, made) => list.show(sweeps, made), (text, status) => this.lost(text, status));
    this.close = () => {
      stop();
      list.close();
    };
    if (mine !== this.generation) this.close();
  }

  lost(text, status) {
    if (status === 401) this.failed(Object.assign(new Error(text), { status }));
    else this.say(text ? `Not live: ${text}` : "");
  }

  async openSweep(mine, namespace, name, view, index) {
    const sheet = await this.source.open(namespace, name);
    if (mine !== this.generation) return;
    this.model = new Sweep.Model(sheet);
    this.opened = this.model.title;
    document.title = `${this.model.title} – SweepJob`;
    this.head = Sweep.el("div");
    this.tabs = Sweep.el("div", { class: "tabs", role: "tablist", "aria-label": "views" });
    this.body = Sweep.el("div", { class: "view", role: "tabpanel", id: "view", tabindex: "-1" });
    this.main.replaceChildren(this.head, this.tabs, this.body);
    this.drawHead();
    this.show(view, index);
    const redraw = Sweep.throttled(() => {
      if (mine !== this.generation) return;
      this.drawHead();
      // Views have a place for each parameter; the first trials bring them.
      if (this.shown.names !== this.names()) this.show(this.shown.id, this.shown.index);
      else this.view.update();
    }, REDRAW);
    const stop = this.source.follow(sheet, (news) => {
      this.model.merge(news);
      redraw();
    }, (text, status) => this.lost(text, status));
    this.close = () => {
      stop();
      this.view?.close();
      this.view = null;
    };
  }

  drawHead() {
    const focused = document.activeElement?.id;
    this.head.replaceChildren(Sweep.header(this));
    if (focused) document.getElementById(focused)?.focus();
    this.made.textContent = `as of ${Sweep.time(this.model.sheet.made)} UTC${this.source.isLive ? ", live" : ""}`;
  }

  names() {
    return JSON.stringify(this.model.parameterNames());
  }

  show(id, index) {
    this.view?.close();
    this.shown = { id, index, names: this.names() };
    this.body.replaceChildren();
    const chosen = Sweep.views.find((view) => view.id === id) || Sweep.views[0];
    const isTrial = id === "trial";
    this.drawTabs(isTrial ? "trials" : chosen.id);
    if (isTrial) {
      this.view = Sweep.trialPanel(this, Number(index));
      this.body.append(this.view.panel);
    } else {
      this.view = chosen.mount(this.body, this);
    }
    this.view.update();
  }

  drawTabs(current) {
    const tabs = Sweep.views.map(({ id, title }) => Sweep.el("a", {
      role: "tab", href: this.hrefOf(id), id: `tab-${id}`, "aria-controls": "view",
      "aria-selected": String(id === current), tabindex: id === current ? "0" : "-1",
    }, title));
    const hadFocus = this.tabs.contains(document.activeElement);
    this.tabs.replaceChildren(...tabs);
    if (hadFocus) document.getElementById(`tab-${current}`).focus();
    this.tabs.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
      location.hash = tabs[(at + step + tabs.length) % tabs.length].getAttribute("href");
    };
  }

  get isLocal() {
    return this.model.sweep.namespace === "local" && !this.source.isLive;
  }
  hrefOf(view, index) {
    return Sweep.hrefOf(this.model.sweep.namespace, this.model.sweep.name, view, index);
  }
  openTrial(index) {
    location.hash = this.hrefOf("trial", index);
  }

  async openComparison(mine, names) {
    const pairs = names.filter((_, n) => n % 2 === 0).map((namespace, n) => [namespace, names[2 * n + 1]]);
    const sheets = await Promise.all(pairs.map(([namespace, name]) => this.source.open(namespace, name)));
    if (mine !== this.generation) return;
    this.main.replaceChildren();
    const view = Sweep.mountComparison(this.main, sheets.map((sheet) => new Sweep.Model(sheet)));
    this.view = view;
    this.close = () => {
      view.close();
      this.view = null;
    };
  }
}

addEventListener("DOMContentLoaded", () => {
  const embedded = document.getElementById("sheets");
  const source = embedded ? new Sweep.Embedded(JSON.parse(embedded.textContent)) : new Sweep.Server();
  window.page = new Page(document.getElementById("app"), source);
});
