import { element } from "./dom.js";

/** A form that asks for a bearer token; `onToken` gets it. */
export function loginForm(message, onToken) {
  const field = element("input", { type: "password", autocomplete: "off", "aria-label": "token" });
  const form = element(
    "form",
    { class: "card login" },
    element("h1", {}, "Who are you?"),
    element(
      "p",
      {},
      "This page shows what you may read in the cluster. Give a bearer token of yours, such as the one that kubectl create token prints. It is kept until this tab is closed.",
    ),
    field,
    element("button", {}, "Show sweeps"),
    element("p", { class: "note" }, message),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    onToken(field.value.trim());
  });
  return form;
}
