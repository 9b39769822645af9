// The vendored libraries. They are classic scripts, which the page loads before its modules.

export const echarts = globalThis.echarts;
export const Tabulator = globalThis.Tabulator;
