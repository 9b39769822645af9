// What every view uses: building elements, writing numbers, colours.
"use strict";
const Sweep = (window.Sweep = { views: [] });

// Data only ever becomes text: no view sets innerHTML.
Sweep.el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
};

// Okabe and Ito's colours, which people with any colour vision can tell apart; the symbol says it again.
Sweep.phases = {
  Succeeded: { color: "#0072b2", symbol: "circle" },
  EarlyStopped: { color: "#e69f00", symbol: "diamond" },
  Running: { color: "#009e73", symbol: "triangle" },
  Stopping: { color: "#009e73", symbol: "emptyTriangle" },
  Pending: { color: "#8a8f98", symbol: "emptyCircle" },
  Queued: { color: "#8a8f98", symbol: "emptyCircle" },
  Failed: { color: "#d55e00", symbol: "rect" },
  Canceled: { color: "#cc79a7", symbol: "emptyRect" },
};
Sweep.isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
// Of the same palette, for what would be hard to see on a dark ground.
const ON_DARK = { "#0072b2": "#56b4e9", "#d55e00": "#f0803c" };
Sweep.phase = (name) => {
  const found = Sweep.phases[name] || Sweep.phases.Pending;
  return Sweep.isDark() ? { ...found, color: ON_DARK[found.color] || found.color } : found;
};
// Cividis, from worst to best; on a dark ground without its darkest part.
Sweep.scale = (model) => {
  const colors = Sweep.isDark()
    ? ["#5877bd", "#6f7f9e", "#8f9190", "#b0a67e", "#d0bd66", "#fee838"]
    : ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"];
  return model.sign > 0 ? colors : colors.reverse();
};

const SPACE = "\u202f";
Sweep.number = (value) => {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) {
    return value.toExponential(5).replace(/\.?0+e/, "e").replace("e+", "e");
  }
  return String(Number(value.toPrecision(6)));
};
Sweep.percent = (share) => `${(share * 100).toFixed(1)}${SPACE}%`;
Sweep.duration = (seconds) => {
  if (seconds === null || seconds === undefined) return "";
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [86400, 3600, 60].map((unit) => Math.floor(whole / unit));
  const two = (n) => String(n).padStart(2, "0");
  if (days >= 2) return `${days}d${hours % 24}h`;
  if (hours) return `${hours}h${two(minutes % 60)}m`;
  return minutes ? `${minutes}m${two(whole % 60)}s` : `${whole}s`;
};
Sweep.gpu = (seconds) =>
  seconds < 3600 ? `${Math.round(seconds)} GPU-s` : `${(seconds / 3600).toFixed(2)} GPU-h`;
Sweep.time = (seconds) =>
  seconds ? new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 19) : "";
Sweep.counted = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;

Sweep.copyButton = (label, text) => {
  const button = Sweep.el("button", { type: "button", class: "copy" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = Sweep.el("textarea", { class: "aside" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
};

Sweep.choose = (label, options, chosen, act) => {
  const select = Sweep.el("select", {}, options.map(([value, text]) =>
    Sweep.el("option", { value, selected: value === chosen }, text)));
  select.addEventListener("change", () => act(select.value));
  return Sweep.el("label", {}, `${label} `, select);
};
Sweep.check = (label, checked, act) => {
  const box = Sweep.el("input", { type: "checkbox", checked });
  box.addEventListener("change", () => act(box.checked));
  return Sweep.el("label", { class: "check" }, box, ` ${label}`);
};

// At most one call per pause; the last one always happens.
Sweep.throttled = (act, pause) => {
  let timer = null;
  let last = -Infinity;
  return () => {
    if (timer !== null) return;
    const wait = Math.max(0, last + pause - performance.now());
    timer = setTimeout(() => {
      timer = null;
      last = performance.now();
      act();
    }, wait);
  };
};
