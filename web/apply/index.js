// Until the branch that makes changes on the canvas is in: nothing can be applied.

/** @type {(suggestion: Suggestion) => boolean} */
export const canApply = () => false;

/** @type {(suggestion: Suggestion, prompt: string) => Promise<{done: boolean, why: string}>} */
export const apply = async () => ({ done: false, why: "" });
