// What a view shows beside its route, kept in the address: a link shows what its sender saw.
import { withOptions } from "./routes.js";

export class ViewOptions {
  /** `values` are texts by name, as the address has them. */
  constructor(values = {}) {
    this.values = { ...values };
    this.isClosed = false;
  }

  /** Ends the view's hold on the address, which another view has from now on. */
  close() {
    this.isClosed = true;
  }

  /** The text of an option; `usual` where the address does not have it. */
  get(name, usual = "") {
    return this.values[name] ?? usual;
  }

  /** Sets an option; the address leaves out what is usual, and the history has no entry for it. */
  set(name, value, usual = "") {
    if (value === usual) delete this.values[name];
    else this.values[name] = String(value);
    this.write();
  }

  /** The options whose names begin with a prefix, without it. */
  withPrefix(prefix) {
    const entries = Object.entries(this.values).filter(([name]) => name.startsWith(prefix));
    return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), value]));
  }

  /** Replaces all options of a prefix by others. */
  setPrefix(prefix, values) {
    for (const name of Object.keys(this.withPrefix(prefix))) delete this.values[prefix + name];
    for (const [name, value] of Object.entries(values)) this.values[prefix + name] = String(value);
    this.write();
  }

  write() {
    if (this.isClosed) return;
    history.replaceState(history.state, "", withOptions(location.hash, this.values));
  }
}
