// Keyboard shortcuts: single keys, which a viewer can switch off (WCAG 2.1.4), and the list of them.
import { element, labelledCheckbox } from "./dom.js";
import { VIEWS } from "./views.js";

const SWITCH = "shortcuts"; // in the browser's storage
const SHORTCUTS = [
  ["?", "show this list"],
  [`1 to ${VIEWS.length}`, "open a view of the sweep"],
  ["/", "go to the first filter or search field"],
  ["b", "open the best trial"],
  ["n, p", "open the next, the previous trial"],
  ["c", "compare the selected trials, or the best two"],
  ["t", "switch between light and dark"],
  ["g", "go to the list of sweeps"],
  ["Esc", "leave a field, close this list"],
];

/** Follows the keys of a page. */
export function followShortcuts(dashboard) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isField(event.target)) return event.target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
    if (!areOn() || document.querySelector("dialog[open]")) return;
    const act = actionOf(event.key, dashboard);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

// A browser may forbid a page to store anything: then the switch lasts as long as the page.
let isOff = false;

function areOn() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return !isOff;
  }
}

function switchOn(on) {
  isOff = !on;
  try {
    localStorage.setItem(SWITCH, on ? "on" : "off");
  } catch {
    // It is kept in isOff.
  }
}

const isField = (node) => node.matches?.("input:not([type=checkbox]), select, textarea");

function actionOf(key, dashboard) {
  const page = dashboard.opened;
  const open = (href) => () => {
    location.hash = href;
  };
  const always = {
    "?": () => showShortcuts(),
    t: () => dashboard.switchTheme(),
    g: open("#/"),
    "/": () => document.querySelector("main input[type=search], main .tabulator input")?.focus(),
  };
  if (Object.hasOwn(always, key)) return always[key];
  if (!page?.hrefOf) return null;
  const view = VIEWS[Number(key) - 1];
  if (view) return open(page.hrefOf(view.id, undefined, page.optionsByView.get(view.id)?.values));
  const target = trialKey(key, page);
  return target && open(target);
}

function trialKey(key, page) {
  const { model, shown, options } = page;
  const [first, second] = model.ranked(2);
  if (key === "b" && first) return page.hrefOf("trial", model.sweep.best?.index ?? first.index);
  if (key === "c") {
    const chosen = options.get("selected") || (second && `${first.index},${second.index}`);
    return chosen?.includes(",") ? page.hrefOf("compare", chosen) : null;
  }
  const step = { n: 1, p: -1 }[key];
  if (!step || shown.view !== "trial") return null;
  const indices = model.trials.map(({ index }) => index);
  const other = indices[indices.indexOf(Number(shown.index)) + step];
  return other === undefined ? null : page.hrefOf("trial", other);
}

/** Shows the list of shortcuts, and the switch for them. */
export function showShortcuts() {
  const dialog = element(
    "dialog",
    { class: "card shortcuts", "aria-label": "keyboard shortcuts" },
    element("h2", {}, "Keyboard shortcuts"),
    element(
      "dl",
      {},
      SHORTCUTS.flatMap(([key, text]) => [
        element("dt", {}, element("kbd", {}, key)),
        element("dd", {}, text),
      ]),
    ),
    labelledCheckbox("use these keys", areOn(), switchOn),
    element("button", { type: "button", on: { click: () => dialog.close() } }, "Close"),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
