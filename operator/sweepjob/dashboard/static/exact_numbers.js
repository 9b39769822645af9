// Rounded numbers that are whole where it matters: their tooltip has all digits, and so has what is copied.
import { formatExact, formatNumber } from "./format.js";

/** A number as a node: rounded, with all its digits as its tooltip; any other value as a text. */
export function numberNode(value) {
  const text = formatNumber(value);
  const exact = formatExact(value);
  if (text === exact) return document.createTextNode(text);
  // Tables have thousands of them: this is quicker than to go through the attributes one by one.
  const node = document.createElement("data");
  node.className = "rounded";
  node.value = exact;
  node.title = exact;
  node.textContent = text;
  return node;
}

/** Lets the browser copy all digits of the rounded numbers that are selected. */
export function copyExactNumbers() {
  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    const nodes = selectedNumbers(selection);
    if (!nodes.length) return;
    event.clipboardData.setData("text/plain", exactText(selection, nodes));
    event.preventDefault();
  });
}

// The numbers of a selection; of one number alone only where all of it is selected.
function selectedNumbers(selection) {
  if (selection.isCollapsed) return [];
  const nodes = [...document.querySelectorAll("data.rounded")];
  const selected = nodes.filter((node) => selection.containsNode(node, true));
  if (selected.length !== 1) return selected;
  return selection.toString().trim().length >= selected[0].textContent.length ? selected : [];
}

// What the browser would copy if the numbers were written in full, which they are for a moment.
function exactText(selection, nodes) {
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  const shown = nodes.map((node) => node.firstChild.data);
  const first = nodes[0];
  const last = nodes.at(-1);
  const range = selection.getRangeAt(0);
  const [startsInside, endsInside] = [range.startContainer, range.endContainer].map((node) =>
    node.parentNode?.matches?.("data.rounded"),
  );
  for (const node of nodes) node.firstChild.data = node.value;
  if (startsInside) range.setStartBefore(first);
  if (endsInside) range.setEndAfter(last);
  const text = selection.toString();
  nodes.forEach((node, n) => {
    node.firstChild.data = shown[n];
  });
  selection.setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset);
  return text;
}
