// Building elements. Data only ever becomes text: nothing here or in a view sets innerHTML.

/**
 * Creates an element.
 * Attributes that are null, undefined or false are left out; `on` has listeners by event.
 * Children may be elements, texts, and arrays of both; null and undefined are left out.
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** A table row; `tag` is that of its cells: th or td. */
export function tableRow(tag, cells) {
  return element(
    "tr",
    {},
    cells.map((cell) => element(tag, {}, cell)),
  );
}

/** A card with a heading. */
export function card(tag, title, ...children) {
  return element("section", { class: "card" }, element(tag, {}, title), ...children);
}

/** A select with its label; `options` are pairs of value and text. */
export function labelledSelect(label, options, selected, onChange) {
  const select = element(
    "select",
    {},
    options.map(([value, text]) =>
      element("option", { value, selected: value === selected }, text),
    ),
  );
  select.addEventListener("change", () => onChange(select.value));
  return element("label", {}, `${label} `, select);
}

/** A checkbox with its label. */
export function labelledCheckbox(label, checked, onChange) {
  const box = element("input", { type: "checkbox", checked });
  box.addEventListener("change", () => onChange(box.checked));
  return element("label", { class: "check" }, box, ` ${label}`);
}

/** A command with a button that copies it. */
export function commandLine(command) {
  return element(
    "p",
    { class: "command" },
    element("code", {}, command),
    " ",
    copyButton("Copy", command),
  );
}

const CONFIRMATION = 1500; // milliseconds

const LONGEST_TITLE = 1000; // characters

/** A button that copies a text, which is its tooltip, to the clipboard. */
export function copyButton(label, text) {
  const title = text.length > LONGEST_TITLE ? `${text.slice(0, LONGEST_TITLE)} …` : text;
  const button = element("button", { type: "button", class: "copy", title }, label);
  button.addEventListener("click", async () => {
    await copy(text);
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = label;
    }, CONFIRMATION);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Neither a file nor a page over plain HTTP has the clipboard's interface.
    const area = element("textarea", { class: "aside" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
