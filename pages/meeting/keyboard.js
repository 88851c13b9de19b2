/* Keyboard shortcuts of a meeting's page. */

const typedIn =
  'input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=true], [role=dialog]';

/** Whether the event's target, or what is around it, fits a selector. @param {Event} event @param {string} selector */
function isWithin(event, selector) {
  return event.composedPath().some(node => node instanceof Element && node.matches(selector));
}

/** The key of a shortcut; letters in lower case. @param {KeyboardEvent} event */
function shortcutOf({ key }) {
  return key.length === 1 ? key.toLowerCase() : key;
}

/** The edit that Ctrl and a key ask for. @param {Pick<KeyboardEvent, 'key' | 'shiftKey'>} event */
function undoOrRedo({ key, shiftKey }) {
  if (key.toLowerCase() !== 'z') return null;
  return shiftKey ? 'redo' : 'undo';
}

/**
 * Handles the keys of a page, but for those that are typed into a field.
 * @param {Record<string, () => void>} shortcuts
 * @param {(step: 'undo' | 'redo') => boolean} takeStep false where that cannot be done here
 * @param {AbortSignal} ended
 */
function listenToKeys(shortcuts, takeStep, ended) {
  /** @param {KeyboardEvent} event */
  const pressed = event => {
    if (event.altKey || isWithin(event, typedIn)) return;
    if (event.ctrlKey || event.metaKey) {
      const step = undoOrRedo(event);
      if (step && takeStep(step)) event.preventDefault();
      return;
    }
    const act = shortcuts[shortcutOf(event)];
    const [target] = event.composedPath();
    const onButton = target instanceof Element && target.matches('button, a, summary, input');
    /* A button that has the focus is pressed by these. */
    if (!act || (onButton && [' ', 'Enter'].includes(event.key))) return;
    event.preventDefault();
    act();
  };
  document.addEventListener('keydown', pressed, { signal: ended });
}
