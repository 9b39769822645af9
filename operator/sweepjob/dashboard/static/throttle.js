/**
 * Returns a function that calls `action` at most once per pause (milliseconds). The last call always happens,
 * unless `cancel` of the function is called first: what `action` draws on may be gone by then.
 */
export function throttled(action, pause) {
  let timer = null;
  let last = -Infinity;
  const call = () => {
    if (timer !== null) return;
    const wait = Math.max(0, last + pause - performance.now());
    timer = setTimeout(() => {
      timer = null;
      last = performance.now();
      action();
    }, wait);
  };
  call.cancel = () => {
    clearTimeout(timer);
    timer = null;
  };
  return call;
}
