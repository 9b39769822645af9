// Light and dark: the style sheet's colours, and the colour scale of scores.

/** Whether the page is dark, by the viewer's choice or else by the system's. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

const NARROW = 600; // pixels

/** Whether the window is as narrow as that of a phone. */
export const isNarrow = () => innerWidth <= NARROW;

export function switchTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
}

/** The colours of the style sheet, for what is drawn on a canvas. */
export function themeColors() {
  const style = getComputedStyle(document.documentElement);
  const colorOf = (name) => style.getPropertyValue(name).trim();
  return {
    text: colorOf("--text"),
    faint: colorOf("--faint"),
    line: colorOf("--line"),
    back: colorOf("--card"),
    accent: colorOf("--accent"),
  };
}

const CIVIDIS = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"];
// Cividis without its darkest part, which a dark background hides.
const CIVIDIS_ON_DARK = ["#7f9be0", "#93a3c4", "#a9acae", "#c2b78c", "#dcc86c", "#fee838"];

/** The colours of values from low to high: bright is better, whatever the goal. */
export function scoreColors(model) {
  const colors = isDark() ? CIVIDIS_ON_DARK : CIVIDIS;
  return model.sign > 0 ? [...colors] : colors.toReversed();
}
