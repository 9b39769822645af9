// One trial: what it tried, how it went, and why it ended.
"use strict";
const list = (pairs) => Sweep.el("dl", {}, pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined)
  .flatMap(([name, value]) => [Sweep.el("dt", {}, name), Sweep.el("dd", {}, value instanceof Node ? value : String(value))]));

Sweep.trialPanel = (page, index) => {
  const { model } = page;
  const trial = model.trial(index);
  const panel = Sweep.el("article", { class: "trial" });
  if (!trial) {
    panel.append(Sweep.el("p", {}, `There is no trial ${index} on record.`));
    return { panel, update() {}, close() {} };
  }
  const neighbours = model.trials.map((t) => t.index);
  const at = neighbours.indexOf(index);
  const step = (by, text) => {
    const other = neighbours[at + by];
    return other === undefined ? null : Sweep.el("a", { href: page.hrefOf("trial", other) }, text);
  };
  const where = page.isLocal ? "" : `-n ${model.sweep.namespace} `;
  const commands = page.isLocal ? [] : [`kubectl sweepjob ${where}logs ${trial.name}`, `kubectl sweepjob ${where}explain ${trial.name}`, `kubectl ${where}describe sweeptrial ${trial.name}`];
  const facts = Sweep.el("div");
  const curveBox = Sweep.el("section", { class: "card" }, Sweep.el("h3", {}, "Curve against the threshold"));
  const chart = new Sweep.Chart(curveBox, `Curve of ${trial.name}`);
  const happened = Sweep.el("section", { class: "card" }, Sweep.el("h3", {}, "What happened"));
  const events = Sweep.el("table", { class: "plain" });
  happened.append(events);
  const attempts = Sweep.el("section", { class: "card" }, Sweep.el("h3", {}, "Attempts before this one"));
  panel.append(
    Sweep.el("p", { class: "steps" }, Sweep.el("a", { href: page.hrefOf("trials") }, "All trials"), " ", step(-1, "‹ previous"), " ", step(1, "next ›")),
    Sweep.el("div", { class: "columns" },
      Sweep.el("section", { class: "card" }, facts),
      Sweep.el("section", { class: "card" }, Sweep.el("h3", {}, "Parameters"), list(Object.entries(trial.texts)),
        Sweep.copyButton("Copy as arguments", Object.entries(trial.texts).map(([k, v]) => `--${k} ${/^[\w@%+=:,./-]+$/.test(v) ? v : `'${v.replaceAll("'", "'\"'\"'")}'`}`).join(" "))),
      curveBox,
      commands.length ? Sweep.el("section", { class: "card" }, Sweep.el("h3", {}, "See more"), commands.map((c) => Sweep.el("p", { class: "command" }, Sweep.el("code", {}, c), " ", Sweep.copyButton("Copy", c)))) : null,
      happened, attempts));
  const row = (tag, texts) => Sweep.el("tr", {}, texts.map((t) => Sweep.el(tag, {}, t)));
  const update = () => {
    const now = model.trial(index);
    if (!now) return;
    const { stop } = now;
    facts.replaceChildren(
      Sweep.el("h2", {}, now.name, " ", Sweep.phaseMark(now.phase)),
      Sweep.el("p", { class: "why" }, now.message || now.reason || ""),
      list([
        [`best ${model.sweep.metric}`, now.best === null ? (now.seen.length ? `never reported; it reported ${now.seen.join(", ")}` : "nothing reported") : `${Sweep.number(now.best)} at report ${now.bestInterval}`],
        ["last", Sweep.number(now.last)], ["reports", String(now.reports)],
        ["decision", stop?.policy ? `${stop.policy} at report ${stop.interval}: value ${Sweep.number(stop.value)}, threshold ${Sweep.number(stop.threshold)}, ${Sweep.counted(stop.comparators, "other trial")} compared` : ""],
        ["proposed (UTC)", Sweep.time(now.created)], ["started (UTC)", Sweep.time(now.started)], ["ended (UTC)", Sweep.time(now.ended)],
        ["ran", Sweep.duration(now.seconds)], ["attempt", String(now.attempt)],
        ["GPU-seconds", now.gpuSeconds ? Sweep.number(now.gpuSeconds) : ""], ["saved", now.gpuSecondsSaved ? Sweep.gpu(now.gpuSecondsSaved) : ""],
        ["proposed by", now.source],
      ]));
    Sweep.drawCurves(chart, model, [now], { verdict: true });
    attempts.hidden = !now.executions.length;
    attempts.querySelector("table")?.remove();
    events.replaceChildren(...Sweep.decisions(model).filter((e) => e.index === index).reverse()
      .map((e) => row("td", [Sweep.time(e.time), e.what, e.why])));
    attempts.append(Sweep.el("table", { class: "plain" }, row("th", ["attempt", "pod", "node", "ended (UTC)", "why"]),
      now.executions.map((e) => row("td", [String(e.attempt), e.pod, e.node, Sweep.time(e.ended), `${e.reason} ${e.message}`]))));
  };
  return { panel, update, close: () => chart.close() };
};
