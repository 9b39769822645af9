// A sweep's document, and what follows from it.
"use strict";
Sweep.Model = class {
  constructor(sheet) {
    this.sheet = sheet;
    this.byIndex = new Map(sheet.trials.map((trial) => [trial.index, trial]));
  }

  get sweep() {
    return this.sheet.sweep;
  }
  get trials() {
    return this.sheet.trials;
  }
  get sign() {
    return this.sweep.goal === "maximize" ? 1 : -1;
  }
  get title() {
    return `${this.sweep.namespace}/${this.sweep.name}`;
  }
  trial(index) {
    return this.byIndex.get(index);
  }
  isBetter(value, than) {
    return value !== null && (than === null || value * this.sign > than * this.sign);
  }

  // What a running sweep sends: its own state, and the trials that changed.
  merge(news) {
    for (const key of ["sweep", "threshold", "importance", "made", "room", "version", "pointsEach"]) {
      if (news[key] !== undefined) this.sheet[key] = news[key];
    }
    for (const trial of news.trials || []) this.byIndex.set(trial.index, trial);
    for (const index of news.gone || []) this.byIndex.delete(index);
    this.sheet.trials = [...this.byIndex.values()].sort((a, b) => a.index - b.index);
  }

  // Trials as they ended, then those that run: the order in which they could tell anything.
  inOrder() {
    const end = (trial) => trial.ended ?? Infinity;
    return [...this.trials].sort((a, b) => end(a) - end(b) || a.index - b.index);
  }

  // Every trial that was the best so far when it ended.
  improvements() {
    let best = null;
    const found = [];
    let spent = 0;
    for (const trial of this.inOrder()) {
      spent += this.costOf(trial);
      if (!this.isBetter(trial.best, best)) continue;
      found.push({ trial, before: best, spent });
      best = trial.best;
    }
    return found;
  }

  // GPU-seconds; seconds of trials where none has a GPU.
  get hasGpus() {
    return this.trials.some((trial) => trial.gpuSeconds > 0);
  }
  costOf(trial) {
    return this.hasGpus ? trial.gpuSeconds : trial.seconds || 0;
  }

  // The names of all parameters, as written, then what only trials have.
  parameterNames() {
    const names = new Set();
    const known = this.sheet.parameters.map((p) => p.name);
    for (const trial of this.trials) for (const name of Object.keys(trial.parameters)) names.add(name);
    return [...known.filter((name) => names.has(name)), ...[...names].filter((n) => !known.includes(n))];
  }
  // By importance, then as written.
  rankedNames() {
    const mains = (this.sheet.importance?.mains || []).map((main) => main.name);
    const names = this.parameterNames();
    return [...mains.filter((n) => names.includes(n)), ...names.filter((n) => !mains.includes(n))];
  }
  parameter(name) {
    const values = this.trials.map((t) => t.parameters[name]).filter((v) => v !== undefined);
    const declared = this.sheet.parameters.find((p) => p.name === name);
    const areNumbers = values.every((v) => typeof v === "number");
    // Numbers to choose from, and constants of branches, are few and not evenly apart: an axis with all of
    // them in their order shows them best.
    const isContinuous = areNumbers && declared && !declared.choices.length;
    const chosen = [...new Set([...(declared?.choices || []), ...(isContinuous ? [] : values.map(String))])];
    const isNumber = areNumbers && !chosen.length;
    const texts = areNumbers ? chosen.sort((a, b) => a - b) : chosen;
    const log = Boolean(declared?.log && isNumber && values.every((v) => v > 0));
    return { name, isNumber, log, choices: texts, isAlways: values.length === this.trials.length, low: lowest(values), high: highest(values) };
  }
};

// Not Math.min(...values): that many arguments are too many.
const lowest = (values) => values.reduce((a, b) => (b < a ? b : a), Infinity);
const highest = (values) => values.reduce((a, b) => (b > a ? b : a), -Infinity);
Sweep.extent = (values) => [lowest(values), highest(values)];
