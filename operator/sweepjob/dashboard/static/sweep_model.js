// The document of a sweep, and what is derived from it.
import { highest, lowest } from "./numbers.js";
import { isFeasible } from "./pareto.js";

// The fields of a document that a change replaces as a whole.
const REPLACED = ["sweep", "threshold", "importance", "made", "feed", "version", "pointsEach"];

export class SweepModel {
  constructor(document) {
    this.document = document;
    this.byIndex = new Map(document.trials.map((trial) => [trial.index, trial]));
  }

  get sweep() {
    return this.document.sweep;
  }
  get trials() {
    return this.document.trials;
  }
  /** 1 where greater values are better, else -1. */
  get sign() {
    return this.sweep.goal === "maximize" ? 1 : -1;
  }
  get title() {
    return `${this.sweep.namespace}/${this.sweep.name}`;
  }
  trial(index) {
    return this.byIndex.get(index);
  }
  /** Whether a value is better than another; any value is better than null. */
  isBetter(value, other) {
    return value !== null && (other === null || value * this.sign > other * this.sign);
  }

  /** Applies a change that the server sent: fields of the sweep, and the trials that changed. */
  merge(change) {
    for (const key of REPLACED) {
      if (change[key] !== undefined) this.document[key] = change[key];
    }
    for (const trial of change.trials || []) this.byIndex.set(trial.index, trial);
    for (const index of change.gone || []) this.byIndex.delete(index);
    this.document.trials = [...this.byIndex.values()].sort((a, b) => a.index - b.index);
  }

  /** The best trials, the best first: at most so many. */
  ranked(most) {
    const found = [];
    for (const trial of this.trials) {
      if (trial.best === null || !isFeasible(this, trial)) continue;
      const place = found.findIndex(({ best }) => this.isBetter(trial.best, best));
      if (place >= 0) found.splice(place, 0, trial);
      else if (found.length < most) found.push(trial);
      if (found.length > most) found.pop();
    }
    return found;
  }

  /** The trials in the order in which they ended; those that have not come last. */
  trialsByEnd() {
    const end = (trial) => trial.ended ?? Infinity;
    // The difference of two trials that have not ended is NaN: then their indices decide.
    return [...this.trials].sort((a, b) => end(a) - end(b) || a.index - b.index);
  }

  /** The trials that were the best so far when they ended, with the best before, and the cost until then. */
  improvements(costOf = (trial) => this.costOf(trial)) {
    let best = null;
    let spent = 0;
    const found = [];
    for (const trial of this.trialsByEnd()) {
      spent += costOf(trial);
      if (!this.isBetter(trial.best, best) || !isFeasible(this, trial)) continue;
      found.push({ trial, before: best, spent });
      best = trial.best;
    }
    return found;
  }

  get hasTags() {
    return this.trials.some((trial) => trial.tags);
  }
  get hasNotes() {
    return this.trials.some((trial) => trial.note);
  }
  get hasGpus() {
    return this.trials.some((trial) => trial.gpuSeconds > 0);
  }
  /** GPU-seconds; seconds if no trial has a GPU. */
  costOf(trial) {
    return this.hasGpus ? trial.gpuSeconds : trial.seconds || 0;
  }

  /** The names of all parameters: in the order of the search space, then those that only trials have. */
  parameterNames() {
    const names = new Set(this.trials.flatMap((trial) => Object.keys(trial.parameters)));
    const declared = this.document.parameters.map((parameter) => parameter.name);
    return [
      ...declared.filter((name) => names.has(name)),
      ...[...names].filter((name) => !declared.includes(name)),
    ];
  }

  /** The names of all parameters by importance; those without it last. */
  rankedNames() {
    const ranked = (this.document.importance?.mains || []).map((main) => main.name);
    const names = this.parameterNames();
    return [
      ...ranked.filter((name) => names.includes(name)),
      ...names.filter((name) => !ranked.includes(name)),
    ];
  }

  /**
   * The axis of a parameter: numeric (`isNumber`) from `low` to `high`, logarithmic or not (`log`), or else
   * with one place for each of its `choices`. `isAlways` says whether every trial has the parameter.
   */
  parameter(name) {
    const values = this.trials.map((t) => t.parameters[name]).filter((v) => v !== undefined);
    const declared = this.document.parameters.find((p) => p.name === name);
    const choices = choicesOf(declared, values);
    const isNumber = areNumbers(values) && !choices.length;
    return {
      name,
      isNumber,
      log: Boolean(declared?.log && isNumber && values.every((v) => v > 0)),
      choices,
      isAlways: values.length === this.trials.length,
      low: lowest(values),
      high: highest(values),
    };
  }
}

const areNumbers = (values) => values.every((value) => typeof value === "number");

// Numbers to choose from, and constants of branches, are few and unevenly spaced: an axis with a place for
// each of them, in their order, separates them best.
function choicesOf(declared, values) {
  const isContinuous = areNumbers(values) && declared && !declared.choices.length;
  const texts = [...(declared?.choices || []), ...(isContinuous ? [] : values.map(String))];
  const choices = [...new Set(texts)];
  return areNumbers(values) ? choices.sort((a, b) => a - b) : choices;
}
