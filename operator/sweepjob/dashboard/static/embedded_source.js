/** The documents of a report, which are part of its file. */
export class EmbeddedSource {
  isLive = false;

  constructor(documents) {
    this.documents = documents;
  }

  /** Calls `onList` with the summaries of all sweeps; returns a function that ends the stream. */
  streamList(onList) {
    onList(
      this.documents.map(({ sweep }) => sweep),
      this.documents[0].made,
    );
    return () => {};
  }

  async read(namespace, name) {
    const found = this.documents.find(
      ({ sweep }) => sweep.namespace === namespace && sweep.name === name,
    );
    if (!found) throw new Error(`this report has no sweep ${namespace}/${name}`);
    return found;
  }

  /** A report does not change. */
  streamChanges() {
    return () => {};
  }
}
