// The head of a sweep: state and why, progress, the best trial, time left.
"use strict";
Sweep.header = (page) => {
  const { model } = page;
  const { sweep } = model;
  const now = model.sheet.made;
  const { counts } = sweep;
  const share = counts.total ? counts.ended / counts.total : 0;
  const ends = [["succeeded", "succeeded"], ["earlyStopped", "stopped early"], ["failed", "failed"], ["canceled", "canceled"], ["running", "running"]]
    .filter(([key]) => counts[key]).map(([key, text]) => `${counts[key]} ${text}`);
  const fact = (label, value, more) => Sweep.el("div", { class: "fact" }, Sweep.el("span", { class: "label" }, label), Sweep.el("strong", { id: `fact-${label.replace(/\W/g, "-")}` }, value), more ? Sweep.el("span", { class: "more" }, more) : null);
  const head = Sweep.el("header", { class: "sweep" },
    Sweep.el("h1", {}, model.title, " ", Sweep.el("span", { class: `state ${sweep.phase}` }, sweep.phase)),
    sweep.reason ? Sweep.el("p", { class: "note reason" }, sweep.reason) : null,
    ...sweep.troubles.map((trouble) => Sweep.el("p", { class: "trouble", role: "alert" }, trouble)),
    Sweep.el("progress", { max: "1", value: String(share), "aria-label": `${counts.ended} of ${counts.total} trials ended` }),
    Sweep.el("div", { class: "facts" },
      fact("trials", `${counts.ended} of ${counts.total}`, ends.join(", ")),
      fact(sweep.goal, sweep.metric, sweep.sampling),
      fact("best", sweep.bestValue === null ? "none yet" : Sweep.number(sweep.bestValue), sweep.bestTrial),
      fact("took", Sweep.duration((sweep.completed || now) - sweep.created), sweep.left === null ? "" : `about ${Sweep.duration(sweep.left)} left`),
      model.hasGpus
        ? fact("GPU-time", Sweep.gpu(sweep.used), `${Sweep.gpu(sweep.saved)} saved by stopping early`)
        : fact("time of trials", Sweep.duration(model.trials.reduce((sum, t) => sum + (t.seconds || 0), 0)), "none has a GPU")));
  if (sweep.best) {
    const { forms, parameters } = sweep.best;
    head.append(Sweep.el("details", { class: "best", open: page.bestIsOpen, on: { toggle: (e) => (page.bestIsOpen = e.target.open) } },
      Sweep.el("summary", {}, "Best trial: ", Sweep.el("a", { href: page.hrefOf("trial", sweep.best.index) }, sweep.best.trial),
        ` ${Object.entries(parameters).slice(0, 6).map(([k, v]) => `${k}=${v}`).join("  ")}`),
      Sweep.el("pre", { tabindex: "0", "aria-label": "the best trial as YAML" }, forms.yaml),
      Sweep.el("p", {}, Sweep.copyButton("Copy as YAML", forms.yaml), " ", Sweep.copyButton("Copy as arguments", forms.args), " ", Sweep.copyButton("Copy as variables", forms.env))));
  }
  return head;
};
