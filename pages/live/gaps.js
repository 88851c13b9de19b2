/* Stretches of a running meeting that have no live text. */

/**
 * What stands before the turn of this number, where live text is missing; "" mostly.
 * @param {[before: number, start: number, end: number][]} gaps
 * @param {number} turn
 */
function gapText(gaps, turn) {
  const here = gaps.filter(([before]) => before === turn);
  if (!here.length) return '';
  const stretches = here.map(([, start, end]) => `${clock(start)}–${clock(end)}`).join(', ');
  return `${stretches} comes in the final transcript`;
}

/** @param {HTMLElement} node @param {string} text "" for no gap */
function showGap(node, text) {
  node.hidden = !text;
  setText(node, text);
}
