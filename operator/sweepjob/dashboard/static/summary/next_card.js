// What to do next about a sweep.
import { adviceFor } from "../advice.js";
import { commandLine, element } from "../dom.js";

/** Creates the card; null where there is nothing to say. */
export function nextCard(page) {
  const steps = adviceFor(page.model, page.isLocal);
  if (!steps.length) return null;
  return element(
    "section",
    { class: "card summary next" },
    element("h2", {}, "What to do next"),
    element("ol", {}, steps.map(stepElement(page))),
  );
}

const stepElement =
  (page) =>
  ({ text, command, view, index, label }) =>
    element(
      "li",
      {},
      text,
      view ? [" ", element("a", { href: page.hrefOf(view, index) }, label)] : null,
      command ? commandLine(command) : null,
    );
