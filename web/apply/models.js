// The files that a node says it needs (`properties.models`): ComfyUI offers to download those that are missing.

/** @typedef {{ name: string, url: string, directory: string }} ModelFile */

/**
 * The list of a node after its files have changed: `before` and `now` are its texts in the prompt.
 *
 * @param {ModelFile[]} listed
 * @param {string[]} before
 * @param {string[]} now
 * @param {Download[]} downloads
 * @returns {ModelFile[]}
 */
export function models(listed, before, now, downloads) {
  const gone = before.filter((one) => !now.includes(one));
  const wanted = downloads
    .filter(({ file }) => now.some((one) => names(one, file)))
    .map(({ file, url, directory }) => ({ name: file, url, directory }));
  const again = new Set(wanted.map((one) => one.name));
  const kept = listed.filter(({ name }) => !again.has(name) && !gone.some((one) => names(one, name)));
  return [...kept, ...wanted];
}

/** Whether a widget's text names a file, be it in a folder. @param {string} text @param {string} file */
function names(text, file) {
  return file === text.replaceAll("\\", "/").split("/").at(-1);
}

/** The texts among a node's inputs. @param {PromptNode | undefined} node @returns {string[]} */
export function texts(node) {
  const values = /** @type {unknown[]} */ (Object.values(node?.inputs ?? {}));
  return values.filter((one) => typeof one === "string");
}
