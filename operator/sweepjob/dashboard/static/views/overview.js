// The first view: objective history and parameter importance.
import { Chart } from "../chart.js";
import { drawHistory } from "../charts/history.js";
import { drawImportance } from "../charts/importance.js";
import { card, element } from "../dom.js";

const MOST_BARS = 8;

export const overviewView = {
  id: "overview",
  title: "Overview",
  mount(panel, page) {
    const left = card("h2", "Objective history");
    const right = card("h2", "Which parameters matter");
    panel.append(element("div", { class: "columns" }, left, right));
    const history = new Chart(left, "Objective history");
    const importance = new Chart(right, "Parameter importance");
    const note = element("p", { class: "note" });
    right.append(note);
    history.on("click", (event) => event.value.length > 2 && page.openTrial(event.value[2]));
    return {
      update() {
        drawHistory(history, page.model);
        drawImportance(importance, page.model, note, MOST_BARS);
      },
      close() {
        history.close();
        importance.close();
      },
    };
  },
};
