/** Returns a function that calls `action` at most once per pause (milliseconds); the last call always happens. */
export function throttled(action, pause) {
  let timer = null;
  let last = -Infinity;
  return () => {
    if (timer !== null) return;
    const wait = Math.max(0, last + pause - performance.now());
    timer = setTimeout(() => {
      timer = null;
      last = performance.now();
      action();
    }, wait);
  };
}
