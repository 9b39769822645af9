// Tags and the note of a trial, and the form that changes them where the viewer may.
import { card, element } from "./dom.js";
import { patchChildren } from "./patch.js";
import { exactFilter, noteChange, parseTags, tagChange, tagTexts, writeTags } from "./tags.js";

const LONGEST_NOTE = 2000; // characters, as the server allows

/** The tags of a trial, each a link to all trials that have it. */
export function tagLinks(page, tags) {
  return tagTexts(tags).map((text) => {
    const href = page.hrefOf("trials", undefined, { "filter.tags": exactFilter(text) });
    return element("a", { class: "tag", href, title: "all trials with this tag" }, text);
  });
}

/** A note with its lines; its direction does not reach the text around it. */
export const noteText = (note) => element("p", { class: "trial-note", dir: "auto" }, note);

/** The card of a trial's tags and note. */
export function annotationsCard(page, trialOf) {
  const section = card("h3", "Tags and note");
  const shown = element("div");
  const message = element("p", { class: "note", role: "status" });
  const edit = element("button", { type: "button", hidden: true }, "Edit");
  const form = editForm(page, trialOf, (text) => {
    message.textContent = text;
    form.element.hidden = true;
    edit.hidden = false;
    shown.hidden = false;
    edit.focus();
  });
  edit.addEventListener("click", () => {
    edit.hidden = true;
    shown.hidden = true;
    message.textContent = "";
    form.open();
  });
  section.append(shown, form.element, edit, message);
  let isClosed = false;
  whyNot(page).then((refusal) => {
    if (isClosed) return;
    edit.hidden = refusal !== "";
    message.textContent = refusal ?? "";
  });
  const update = (trial) => {
    patchChildren(shown, contents(page, trial));
    section.hidden = !page.dashboard.source.isLive && !trial.tags && !trial.note;
  };
  return {
    section,
    update,
    close() {
      isClosed = true;
    },
  };
}

function contents(page, { tags, note }) {
  if (!tags && !note) return [element("p", { class: "note" }, "None yet.")];
  const links = element("p", { class: "tags" }, tagLinks(page, tags));
  return [...(tags ? [links] : []), ...(note ? [noteText(note)] : [])];
}

// Why the viewer may not change anything: empty for one who may, null in a report, which nobody changes.
async function whyNot(page) {
  const { source } = page.dashboard;
  if (!source.readRefusal) return null;
  const { namespace, name } = page.model.sweep;
  page.refusal ??= source.readRefusal(namespace, name);
  try {
    return await page.refusal;
  } catch (error) {
    page.refusal = undefined; // another trial asks again
    return error.message;
  }
}

// The form, closed at first; `onDone` gets what to say when it is closed again.
function editForm(page, trialOf, onDone) {
  const tags = element("input", {
    type: "text",
    placeholder: "keep=yes, owner=ana",
    spellcheck: "false",
  });
  const note = element("textarea", { rows: "4", maxlength: String(LONGEST_NOTE) });
  const problem = element("p", { class: "trouble", role: "alert", hidden: true });
  const save = element("button", { type: "submit", class: "primary" }, "Save");
  const cancel = element("button", { type: "button" }, "Cancel");
  const form = element(
    "form",
    { class: "edit", hidden: true },
    element("label", {}, "Tags ", tags),
    element("label", {}, "Note ", note),
    problem,
    element("div", { class: "buttons" }, save, cancel),
  );
  let before = { tags: {}, note: "", shown: "" };
  const showProblem = (text) => {
    problem.hidden = !text;
    problem.textContent = text;
  };
  const submit = async () => {
    const change = {
      tags: tagChange(before.tags, parseTags(tags.value)),
      ...noteChange(before.note, before.shown, note.value),
    };
    if (!Object.keys(change.tags).length && change.note === undefined) return onDone("No change.");
    const trial = trialOf();
    if (!trial) throw new Error("This trial is no longer on record.");
    const { namespace, name } = page.model.sweep;
    await page.dashboard.source.annotate(namespace, name, trial.name, change);
    onDone("Saved.");
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    showProblem("");
    save.disabled = true;
    try {
      await submit();
    } catch (error) {
      showProblem(error.message);
    }
    save.disabled = false;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  cancel.addEventListener("click", () => onDone(""));
  return {
    element: form,
    open() {
      const trial = trialOf();
      before = { tags: { ...trial.tags }, note: trial.note ?? "" };
      tags.value = writeTags(before.tags);
      note.value = before.note;
      before.shown = note.value;
      showProblem("");
      form.hidden = false;
      tags.focus();
    },
  };
}
