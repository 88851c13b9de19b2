/* `TranscriptLoader`: fetches the transcript, and drops answers that edits have overtaken. */

/**
 * A transcript as `meetcore/api/transcripts.py` sends it.
 * @typedef {TranscriptColumns & { etag: string, people: Person[], new_people: Person[], undo: string | null, redo: string | null }} TranscriptBody
 */

/** What the loader needs of an element's data. @typedef {{ version: string, address: string }} TranscriptSource */

/** Fetches a meeting's transcript whenever the page names another version of it. */
class TranscriptLoader {
  /** Of the transcript that is shown; empty once it was edited here. */
  etag = '';
  /** The page's version for which the transcript was fetched. */
  fetched = '';
  /** How often the transcript was asked for: only the newest answer counts. */
  loads = 0;

  /**
   * @param {Outbox} outbox while changes wait in it, the page shows them and an answer does not
   * @param {(body: TranscriptBody) => void} loaded called with a transcript that is not shown yet
   * @param {() => void} failed
   */
  constructor(outbox, loaded, failed) {
    this.outbox = outbox;
    this.loaded = loaded;
    this.failed = failed;
  }

  /** @param {TranscriptSource} data */
  update(data) {
    if (!this.outbox.waiting.length && data.version !== this.fetched) this.load(data);
  }

  /** @param {TranscriptSource} data */
  async load({ version, address }) {
    const load = (this.loads += 1);
    this.fetched = version;
    try {
      const response = await fetch(address);
      if (!response.ok) throw new Error(await response.text());
      /** @type {TranscriptBody} */
      const body = await response.json();
      if (load !== this.loads || this.outbox.waiting.length || body.etag === this.etag) return;
      this.etag = body.etag;
      this.loaded(body);
    } catch (error) {
      console.warn('transcript:', String(error));
      this.fetched = '';
      if (load === this.loads) this.failed();
    }
  }
}
