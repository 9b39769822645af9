// The trials that a viewer has selected to compare them: at most five, kept in the address.
import { element } from "./dom.js";
import { formatCount } from "./format.js";

export const MOST_COMPARED = 5;

/** The indices of an option or an address, such as "3,17": each once, in their order. */
export function parseIndices(text) {
  const indices = String(text).split(",").filter(Boolean).map(Number);
  return [...new Set(indices.filter((index) => Number.isInteger(index) && index >= 0))];
}

/** The selection of a view: `checkbox` makes the box of a table's cell, `element` leads to the comparison. */
export function trialSelection(page) {
  const selected = new Set(parseIndices(page.options.get("selected")).slice(0, MOST_COMPARED));
  const link = element("a", { class: "button primary" });
  const hint = element("span", { class: "note", "aria-live": "polite" });
  const show = () => {
    link.hidden = selected.size < 2;
    link.href = page.hrefOf("compare", [...selected].join(","));
    link.textContent = `Compare ${formatCount(selected.size, "trial")}`;
    hint.textContent = hintOf(selected.size);
  };
  const checkbox = (cell) => {
    const { index, name } = cell.getData();
    const attributes = { type: "checkbox", "aria-label": `compare ${name}` };
    const box = element("input", { ...attributes, checked: selected.has(index) });
    box.addEventListener("change", () => {
      if (box.checked && selected.size >= MOST_COMPARED) box.checked = false;
      else if (box.checked) selected.add(index);
      else selected.delete(index);
      page.options.set("selected", [...selected].join(","));
      show();
    });
    return box;
  };
  show();
  return { element: element("span", { class: "selection" }, link, " ", hint), checkbox };
}

function hintOf(size) {
  if (size === 0) return `Check 2 to ${MOST_COMPARED} trials to compare them.`;
  if (size === 1) return "Check another one to compare them.";
  return size >= MOST_COMPARED ? `${MOST_COMPARED} are the most that can be compared.` : "";
}
