/* Layout of the transcript's rows: guessed heights, tops, and which rows are near the window. */

/** Pixels above and below the window in which rows are on the page too. */
const MARGIN = 700;

/**
 * About how high a row will be, in pixels, before it is on the page.
 * @param {Row} row
 * @param {string[]} text
 * @param {number} width
 */
function guessedHeight({ from, to, head }, text, width) {
  const letters = Math.max(20, (width - 70) / 8.2);
  let length = 0;
  for (let place = from; place < to; place += 1) length += text[place].length;
  return (head ? 41 : 8) + Math.max(1, Math.ceil(length / letters)) * 27;
}

/** The top of each row, and of what follows the last one. @param {number[]} heights */
function topsOf(heights) {
  const tops = new Float64Array(heights.length + 1);
  heights.forEach((height, place) => {
    tops[place + 1] = tops[place] + height;
  });
  return tops;
}

/**
 * The rows `first` to `last` (without it) that are near a window.
 * @param {Float64Array} tops
 * @param {{ top: number, bottom: number }} window
 */
function rowsNear(tops, { top, bottom }) {
  const count = tops.length - 1;
  /** @param {number} y */
  const rowAt = y => TranscriptModel.last(count, place => tops[place], y);
  const last = Math.min(count, rowAt(bottom + MARGIN) + 1);
  return { first: Math.max(0, rowAt(top - MARGIN)), last };
}
