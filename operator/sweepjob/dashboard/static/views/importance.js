// Importance of parameters, the slice of one, and the plane of two.
import { Chart } from "../chart.js";
import { drawContour } from "../charts/contour.js";
import { drawImportance } from "../charts/importance.js";
import { drawSlice } from "../charts/slice.js";
import { card, element, labelledSelect } from "../dom.js";
import { formatPercent } from "../format.js";

export const importanceView = {
  id: "importance",
  title: "Importance",
  needs: "values",
  mount(panel, page) {
    const left = card("h2", "Importance");
    const slice = slicePanel(page);
    const plane = planePanel(page);
    panel.append(element("div", { class: "columns" }, left, slice.section, plane.section));
    const bars = new Chart(left, "Parameter importance");
    const note = element("p", { class: "note" });
    left.append(note);
    return {
      update() {
        drawImportance(bars, page.model, note);
        slice.update();
        plane.update();
      },
      close() {
        for (const part of [bars, slice, plane]) part.close();
      },
    };
  },
};

function slicePanel(page) {
  const controls = element("div", { class: "controls" });
  const section = card("h2", "Slice", controls);
  const chart = new Chart(section, "Slice");
  chart.on("click", openTrialAt(page, 2));
  let name = page.options.get("parameter");
  const draw = (chosen) => {
    name = chosen;
    page.options.set("parameter", name, firstName());
    drawSlice(chart, page.model, name);
  };
  const namesOf = () => (page.model.document.importance?.mains || []).map((main) => main.name);
  const firstName = () => namesOf()[0];
  const update = () => {
    const names = namesOf();
    section.hidden = !names.length;
    if (section.hidden) return;
    if (!names.includes(name)) name = names[0];
    replaceSelect(controls, () =>
      labelledSelect(
        "Parameter",
        names.map((n) => [n, n]),
        name,
        draw,
      ),
    );
    draw(name);
  };
  return { section, update, close: () => chart.close() };
}

function planePanel(page) {
  const controls = element("div", { class: "controls" });
  const section = card("h2", "Two together", controls);
  const chart = new Chart(section, "Contour");
  chart.on("click", openTrialAt(page, 3));
  const keyOf = ({ first, second }) => `${first}\n${second}`;
  const titleOf = ({ first, second, share }) =>
    `${first} × ${second} (${formatPercent(share)} beyond each alone)`;
  let key = page.options.get("pair");
  const update = () => {
    const pairs = page.model.document.importance?.pairs || [];
    section.hidden = !pairs.length;
    if (section.hidden) return;
    const position = Math.max(
      0,
      pairs.findIndex((pair) => keyOf(pair) === key),
    );
    const draw = (n) => {
      key = keyOf(pairs[n]);
      page.options.set("pair", key, keyOf(pairs[0]));
      drawContour(chart, page.model, pairs[n]);
    };
    const options = pairs.map((pair, n) => [String(n), titleOf(pair)]);
    replaceSelect(controls, () => labelledSelect("Pair", options, String(position), draw));
    drawContour(chart, page.model, pairs[position]);
  };
  return { section, update, close: () => chart.close() };
}

// Replaces a select by one with the current options, unless somebody is using it.
function replaceSelect(controls, create) {
  if (!controls.contains(document.activeElement)) controls.replaceChildren(create());
}

const openTrialAt = (page, position) => (event) => {
  if (event.value?.length > position) page.openTrial(event.value[position]);
};
