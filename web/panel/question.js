// One question to the server that is asked when somebody looks at its answer: the latest alone counts.

/**
 * @template Answer
 * @typedef {{ answer: Answer | null, of: string, asking: boolean, error: string }} Known
 */

/**
 * @template Answer
 */
export class Question {
  /**
   * @param {(key: string, signal: AbortSignal) => Promise<Answer>} ask
   * @param {() => void} changed called when there is an answer, or none
   * @param {number} delay milliseconds of quiet before it is asked
   * @param {number} [again] milliseconds after which one that failed is asked anew
   */
  constructor(ask, changed, delay, again = 10_000) {
    this.ask = ask;
    this.changed = changed;
    this.delay = delay;
    this.again = again;
    /** @type {Known<Answer>} */
    this.known = { answer: null, of: "", asking: false, error: "" };
    this.key = "";
    this.failed = 0;
    /** @type {AbortController | null} */
    this.own = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * What is known; asks where that is not the answer to `key`.
   *
   * @param {string} key what the question is about; two of the same key have the same answer
   */
  want(key) {
    const old = this.failed && Date.now() - this.failed > this.again;
    if (key !== this.key || old) {
      this.stop();
      this.key = key;
      this.failed = 0;
      this.known = { ...this.known, asking: true };
      this.timer = setTimeout(() => void this.run(key), this.delay);
    }
    return this.known;
  }

  /** Gives up what is being asked. */
  stop() {
    clearTimeout(this.timer);
    this.own?.abort();
    this.own = null;
    if (this.known.asking) {
      this.key = "";
      this.known = { ...this.known, asking: false };
    }
  }

  /** @param {string} key */
  async run(key) {
    const own = (this.own = new AbortController());
    try {
      const answer = await this.ask(key, own.signal);
      if (own.signal.aborted) return;
      this.known = { answer, of: key, asking: false, error: "" };
    } catch (error) {
      if (own.signal.aborted) return;
      this.failed = Date.now();
      this.known = { answer: null, of: key, asking: false, error: /** @type {Error} */ (error).message };
    }
    this.changed();
  }
}
