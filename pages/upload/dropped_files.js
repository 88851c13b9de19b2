/* The files in a drop, those in its folders included. */

/**
 * Every file of a drop. Folders are searched, and only recordings taken from them; a file that was
 * dropped by itself may have any name.
 * @param {DataTransfer} transfer
 * @param {string[]} endings
 */
async function filesOf(transfer, endings) {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some(Boolean)) return [...transfer.files];
  /** @type {File[]} */
  const found = [];
  for (const entry of entries)
    if (entry?.isFile) found.push(...(await fileOf(/** @type {FileSystemFileEntry} */ (entry))));
    else if (entry) found.push(...(await filesBelow(entry, endings)));
  return found;
}

/** @param {FileSystemEntry} entry @param {string[]} endings @returns {Promise<File[]>} */
async function filesBelow(entry, endings) {
  if (entry.isFile) {
    const files = await fileOf(/** @type {FileSystemFileEntry} */ (entry));
    return files.filter(file => playable(file, endings));
  }
  const found = [];
  for (const inner of await entriesOf(/** @type {FileSystemDirectoryEntry} */ (entry)))
    found.push(...(await filesBelow(inner, endings)));
  return found;
}

/** No file where the browser cannot read it. @param {FileSystemFileEntry} entry @returns {Promise<File[]>} */
function fileOf(entry) {
  return new Promise(resolve =>
    entry.file(
      file => resolve([file]),
      () => resolve([]),
    ),
  );
}

/** @param {FileSystemDirectoryEntry} folder */
async function entriesOf(folder) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  /* A reader gives some entries at a time, and none after the last. */
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise(resolve => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return all;
    all.push(...some);
  }
}

/** @param {File} file @param {string[]} endings */
function playable(file, endings) {
  const name = file.name.toLowerCase();
  return /^(audio|video)\//.test(file.type) || endings.some(ending => name.endsWith(ending));
}
