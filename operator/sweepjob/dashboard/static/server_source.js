// Documents from a server: each once, then its changes as server-sent events. They are read with fetch,
// since an EventSource cannot send a token.
import { eventParser } from "./event_parser.js";
import { claimPrefetched } from "./prefetched.js";
import { documentPath, trialPath } from "./routes.js";
import { authorization } from "./token.js";

const RETRY_PAUSE = 1000; // milliseconds
const ERROR_LENGTH = 500; // characters of the server's message
// Another request would fail in the same way.
const FINAL_STATUSES = [401, 403, 404];

/** Reads from a server, and calls `onError` with a text, empty when it is over, and the HTTP status. */
export class ServerSource {
  isLive = true;

  /** Calls `onList` with the summaries of all sweeps whenever one changes; returns a function that ends it. */
  streamList(onList, onError) {
    return stream(
      () => "api/sweeps",
      ({ sweeps, made }) => onList(sweeps, made),
      onError,
    );
  }

  /** Reads a document without its curves, which the first view can do without. */
  async read(namespace, name) {
    return (await request(`${documentPath(namespace, name)}?curves=later`)).json();
  }

  /** Calls `onChange` with what changed since the document's version; returns a function that ends it. */
  streamChanges(document, onChange, onError) {
    const { namespace, name } = document.sweep;
    const path = () =>
      `${documentPath(namespace, name)}/events?feed=${document.feed}&version=${document.version}`;
    return stream(path, onChange, onError);
  }

  /** Reads the last lines on record of a trial's attempts. */
  async readTails(namespace, name, trial) {
    return (await (await request(trialPath(namespace, name, trial, "tails"))).json()).logs;
  }

  /** Reads why the viewer may not change tags and notes of a sweep's trials; empty for one who may. */
  async readRefusal(namespace, name) {
    return (await (await request(`${documentPath(namespace, name)}/changes`)).json()).refusal;
  }

  /** Changes tags and the note of a trial; throws what the server says where it refuses that. */
  async annotate(namespace, name, trial, change) {
    const path = trialPath(namespace, name, trial, "annotations");
    const headers = { "Content-Type": "application/json" };
    await request(path, undefined, { method: "PATCH", headers, body: JSON.stringify(change) });
  }

  /**
   * Follows the log of a trial's pod to its end, of the newest attempt for null. Calls `onOpen` with the pod's
   * name, `onText` with each piece of text, and `onEnd` with the name and the most lines that the server sends of
   * those that are there at first (0: all of them), or `onError` with a message. Returns a function that ends it.
   */
  followLog(namespace, name, trial, attempt, { onOpen, onText, onEnd, onError }) {
    const controller = new AbortController();
    const query = attempt === null ? "" : `?attempt=${attempt}`;
    const path = `${trialPath(namespace, name, trial, "log")}${query}`;
    const run = async () => {
      try {
        const response = await request(path, controller.signal);
        // A trial without a pod is no error.
        if (response.headers.get("Content-Type").startsWith("application/json"))
          return onError((await response.json()).unavailable);
        const pod = response.headers.get("X-Pod");
        onOpen(pod);
        await readText(response, onText);
        onEnd(pod, Number(response.headers.get("X-Most-Lines")));
      } catch (error) {
        if (!controller.signal.aborted) onError(error.message);
      }
    };
    run();
    return () => controller.abort();
  }
}

async function request(path, signal, more = {}) {
  const headers = { ...authorization(), ...more.headers };
  const options = { ...more, headers, signal, cache: "no-store" };
  const response = await (claimPrefetched(path) || fetch(path, options));
  if (response.ok) return response;
  const text = (await response.text()).slice(0, ERROR_LENGTH);
  const message = text || `the server answered ${response.status}`;
  throw Object.assign(new Error(message), { status: response.status });
}

// Reads events until it is ended; requests the stream again when the connection is lost.
function stream(path, onEvent, onError) {
  const controller = new AbortController();
  const { signal } = controller;
  const run = async () => {
    while (!signal.aborted) {
      try {
        await readEvents(await request(path(), signal), onEvent, onError);
        onError("the server ended the connection");
      } catch (error) {
        if (signal.aborted) return;
        onError(error.message, error.status);
        if (FINAL_STATUSES.includes(error.status)) return;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE));
    }
  };
  run();
  return () => controller.abort();
}

async function readEvents(response, onEvent, onError) {
  const parse = eventParser();
  await readText(response, (text) => {
    onError("");
    for (const event of parse(text)) onEvent(event);
  });
}

async function readText(response, onText) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onText(value);
  }
}
