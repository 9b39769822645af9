// Extremes of many values. Math.min(...values) fails beyond some 100,000 arguments.

export const lowest = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
export const highest = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
export const extent = (values) => [lowest(values), highest(values)];
export const sum = (values) => values.reduce((a, b) => a + b, 0);
