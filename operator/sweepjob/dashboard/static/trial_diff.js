// What differs between trials: their parameters, their results, and the lines of their logs.

/** Rows of parameters: the name, the value of each trial (undefined without one), and whether they differ. */
export function parameterRows(names, trials) {
  return names
    .map((name) => ({ name, values: trials.map(({ parameters }) => parameters[name]) }))
    .filter(({ values }) => values.some((value) => value !== undefined))
    .map((row) => ({ ...row, differs: new Set(row.values).size > 1 }));
}

const MOST_LINES = 400; // of a log; the comparison takes the square of it

/**
 * Compares two texts line by line: pairs of "same", "left" or "right" and the line. Numbers in a line do not
 * count where `ignoreNumbers` is set: two logs of one script differ by them everywhere.
 */
export function diffLines(left, right, { ignoreNumbers = false } = {}) {
  const [a, b] = [left, right].map((text) => text.trimEnd().split("\n").slice(-MOST_LINES));
  const [x, y] = [a, b].map((lines) => lines.map((line) => (ignoreNumbers ? plain(line) : line)));
  const lengths = commonLengths(x, y);
  const found = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && x[i] === y[j]) {
      found.push(["same", a[i]]);
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1])) {
      found.push(["left", a[i]]);
      i += 1;
    } else {
      found.push(["right", b[j]]);
      j += 1;
    }
  }
  return found;
}

const plain = (line) => line.replace(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi, "#");

// The lengths of the longest common subsequences of all pairs of remainders.
function commonLengths(a, b) {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i][j] =
        a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return lengths;
}
