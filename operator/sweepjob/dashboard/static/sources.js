// Where documents come from: this file, or a server.
"use strict";
// A report has its documents within it.
Sweep.Embedded = class {
  constructor(sheets) {
    this.sheets = sheets;
    this.isLive = false;
  }
  async list(show) {
    show(this.sheets.map(({ sweep }) => sweep), this.sheets[0].made);
    return () => {};
  }
  async open(namespace, name) {
    const sheet = this.sheets.find(({ sweep }) => sweep.namespace === namespace && sweep.name === name);
    if (!sheet) throw new Error(`this report has no sweep ${namespace}/${name}`);
    return sheet;
  }
  follow() {
    return () => {};
  }
};

// A server: documents once, then what changes, as server-sent events. They are read with fetch, since
// an EventSource cannot send a token.
Sweep.Server = class {
  constructor() {
    this.isLive = true;
  }
  get token() {
    return sessionStorage.getItem("token") || "";
  }
  set token(text) {
    sessionStorage.setItem("token", text);
  }
  async ask(path, signal) {
    const early = window.early?.path === path ? window.early.answer : null;
    window.early = null;
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    const answer = await (early || fetch(path, { headers, signal, cache: "no-store" }));
    if (answer.ok) return answer;
    const text = (await answer.text()).slice(0, 500);
    throw Object.assign(new Error(text || `the server answered ${answer.status}`), { status: answer.status });
  }
  async list(show, lost) {
    return this.stream(() => "api/sweeps", (news) => show(news.sweeps, news.made), lost);
  }
  async open(namespace, name) {
    return (await this.ask(`${window.sweepPath(namespace, name)}?curves=later`)).json();
  }
  // From the version on that the sheet has; first the curves, which the first view can do without.
  follow(sheet, news, lost) {
    const { namespace, name } = sheet.sweep;
    const path = () => `${window.sweepPath(namespace, name)}/events?room=${sheet.room}&version=${sheet.version}`;
    return this.stream(path, news, lost);
  }

  // Reads events until it is closed; begins again when the connection is lost.
  stream(path, news, lost) {
    const stop = new AbortController();
    const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    (async () => {
      while (!stop.signal.aborted) {
        try {
          await this.read(await this.ask(path(), stop.signal), news, lost);
          lost("the server ended the connection");
        } catch (error) {
          if (stop.signal.aborted) return;
          lost(error.message, error.status);
          if ([401, 403, 404].includes(error.status)) return;
        }
        await pause(1);
      }
    })();
    return () => stop.abort();
  }
  async read(answer, news, lost) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      lost("");
      text += value;
      const events = text.split("\n\n");
      text = events.pop();
      for (const event of events) {
        const data = event.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
        if (data) news(JSON.parse(data));
      }
    }
  }
};
