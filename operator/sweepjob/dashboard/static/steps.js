/**
 * The points of a line that is level until it jumps to the next value; a point is x, y, and whatever belongs to it.
 * ECharts' own steps are drawn as diagonals where many of them lie close together.
 */
export function stepPoints(points) {
  return points.flatMap((point, n) => {
    const before = points[n - 1];
    return before ? [[point[0], ...before.slice(1)], point] : [point];
  });
}
