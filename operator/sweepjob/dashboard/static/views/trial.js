// One trial: its parameters, its curve, its log, and why it ended.
import { annotationsCard } from "../annotations_card.js";
import { Chart } from "../chart.js";
import { drawCurves } from "../charts/curves.js";
import { card, element } from "../dom.js";
import { logPanel } from "../log_panel.js";
import { metricCharts } from "../metric_charts.js";
import { patchChildren } from "../patch.js";
import { attemptsCard, eventsCard, podsCard } from "../trial_cards.js";
import { commandsCard, factsOf, parametersCard } from "../trial_facts.js";

/** Mounts the view of a trial, which has no tab of its own. */
export function mountTrial(panel, page, indexText) {
  const index = Number(indexText);
  const trialOf = () => page.model.trial(index);
  const article = element("article", { class: "trial" });
  panel.append(article);
  if (!trialOf()) {
    article.append(element("p", { class: "trouble" }, `There is no trial ${indexText} on record.`));
    return { update() {}, close() {} };
  }
  const facts = element("section", { class: "card" });
  const curve = card("h3", "Curve against the threshold");
  const chart = new Chart(curve, `Curve of ${trialOf().name}`);
  const annotations = annotationsCard(page, trialOf);
  const log = logPanel(page, trialOf);
  const records = [eventsCard(page, index), podsCard(page), attemptsCard()];
  const commands = commandsCard(page, trialOf());
  article.append(
    stepLinks(page, index),
    element(
      "div",
      { class: "columns" },
      element("div", { class: "stack" }, facts, parametersCard(trialOf())),
      element("div", { class: "stack" }, curve, annotations.section),
    ),
    log.section,
  );
  const metrics = metricCharts(article, page, () => [trialOf()].filter(Boolean));
  const sections = records.map(({ section }) => section);
  article.append(element("div", { class: "columns" }, sections, commands));
  const update = () => {
    const trial = trialOf();
    if (!trial) return;
    patchChildren(facts, factsOf(page.model, trial));
    curve.hidden = !trial.curve.intervals.length;
    if (!curve.hidden) drawCurves(chart, page.model, [trial], { decision: true });
    for (const record of [annotations, ...records]) record.update(trial);
    log.update();
    metrics.update();
  };
  const close = () => {
    for (const part of [chart, annotations, log, metrics]) part.close();
  };
  return { update, close };
}

function stepLinks(page, index) {
  const { model } = page;
  const indices = model.trials.map((trial) => trial.index);
  const step = (distance, text) => {
    const other = indices[indices.indexOf(index) + distance];
    return other === undefined ? null : element("a", { href: page.hrefOf("trial", other) }, text);
  };
  const best = model.sweep.best?.index ?? model.ranked(1)[0]?.index;
  const isOther = best !== undefined && best !== index;
  const compare = isOther
    ? element("a", { href: page.hrefOf("compare", `${index},${best}`) }, "compare with the best")
    : null;
  const all = element("a", { href: page.hrefOf("trials") }, "All trials");
  return element("p", { class: "steps" }, all, step(-1, "‹ previous"), step(1, "next ›"), compare);
}
