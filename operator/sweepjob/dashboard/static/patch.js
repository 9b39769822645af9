/**
 * Makes the children of an element equal to some nodes. What is equal stays: a focus, a selection, and what a
 * screen reader has announced.
 */
export function patchChildren(parent, nodes) {
  nodes.forEach((node, n) => {
    const old = parent.childNodes[n];
    if (!old) parent.append(node);
    else if (!old.isEqualNode(node)) patch(old, node);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
}

function patch(old, node) {
  if (hasSameShell(old, node)) patchChildren(old, [...node.childNodes]);
  else old.replaceWith(node);
}

// Elements that differ in their children only. A button's listener belongs to what its title says.
function hasSameShell(old, node) {
  const areElements = old.nodeType === Node.ELEMENT_NODE && old.nodeName !== "BUTTON";
  return areElements && old.cloneNode(false).isEqualNode(node.cloneNode(false));
}
