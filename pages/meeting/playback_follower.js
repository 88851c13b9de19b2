/* `PlaybackFollower`: marks the word at the recording's position, and scrolls the transcript along. */

/** The transcript's side of the recording. */
class PlaybackFollower {
  /** Whether the transcript scrolls along. */
  following = true;
  /** The word at the position of the recording; -1 before the first. */
  playingWord = -1;

  /** @param {VirtualRows} rows @param {Player} player */
  constructor(rows, player) {
    this.rows = rows;
    this.player = player;
    this.pill = make('button', { class: 'nowpill', type: 'button', hidden: true }, 'Back to now');
    this.pill.onclick = () => this.back();
  }

  /** @param {number} seconds @param {boolean} jumped whether the user went there */
  follow(seconds, jumped = false) {
    const { model } = this.rows;
    if (!model) return;
    const word = seconds > 0 || jumped ? model.wordAt(seconds) : -1;
    if (word === this.playingWord) return;
    this.mark(word);
    if (word < 0 || !this.following) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (this.player.playing) this.rows.keep(word, !still);
    else if (jumped) this.rows.keep(word, false);
  }

  /** @param {number} word */
  mark(word) {
    this.playingWord = word;
    const marked = this.rows.node.querySelectorAll('.now, .here');
    for (const node of marked) node.classList.remove('now', 'here');
    const node = word < 0 ? null : this.rows.wordNode(word);
    node?.classList.add('now');
    node?.closest('.turn')?.classList.add('here');
  }

  /** Rows came onto the page: the word may be in one of them. */
  markAgain() {
    if (this.playingWord >= 0) this.mark(this.playingWord);
  }

  /** The user scrolled the transcript. */
  pause() {
    if (!this.player.playing) return;
    this.following = false;
    this.pill.hidden = false;
  }

  resume() {
    this.following = true;
    this.pill.hidden = true;
  }

  back() {
    this.resume();
    const { model } = this.rows;
    if (model && this.playingWord >= 0) this.rows.reveal(model.rowOfWord(this.playingWord));
  }
}
