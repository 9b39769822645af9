/** Returns the response for a path if it was requested early, once; else null. */
export function claimPrefetched(path) {
  const { prefetched } = globalThis;
  globalThis.prefetched = null;
  return prefetched?.path === path ? prefetched.response : null;
}
