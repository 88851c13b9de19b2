/* The element with the enrolled voices: played, renamed, merged and deleted. */

/**
 * An enrolled voice, as `meetcore/api/profiles.py` sends it.
 * @typedef {object} Voice
 * @property {string} id
 * @property {string} name
 * @property {number} seconds of speech it was enrolled from
 * @property {number} meetings
 * @property {string} since a date in ISO form
 * @property {{ address: string, end: number, title: string } | null} clip
 */

/** Seconds of speech, as in "3 min 10 s". @param {number} seconds */
function speechLength(seconds) {
  const whole = Math.round(seconds);
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (!minutes) return `${rest} s`;
  return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
}

/** Facts on a voice, as short texts. @param {Voice} voice */
function voiceFacts({ seconds, meetings, since }) {
  /** @type {Intl.DateTimeFormatOptions} */
  const form = { day: 'numeric', month: 'long', year: 'numeric' };
  return [
    speechLength(seconds) + ' of speech',
    meetings === 1 ? '1 meeting' : `${meetings} meetings`,
    'since ' + new Date(since).toLocaleDateString('en-GB', form),
  ];
}

/** One voice on the page. */
class VoiceCard {
  /** @param {Voice} voice @param {Voices} list */
  constructor(voice, list) {
    this.voice = voice;
    this.play = iconButton('Play', 'play', () => list.play(this.voice), { class: 'tool play' });
    this.name = make('h3', { class: 'name', dir: 'auto' });
    this.facts = make('div', { class: 'facts' });
    this.merge = iconButton('Merge with another voice', 'merge', () => list.askMerge(this));
    this.remove = iconButton('Delete', 'trash', () => list.askRemove(this));
    this.remove.classList.add('danger');
    const rename = iconButton('Rename', pencil, () => list.rename(this));
    const main = make('div', { class: 'main' }, this.name, this.facts);
    const does = make('div', { class: 'does' }, rename, this.merge, this.remove);
    const line = make('div', { class: 'line' }, this.play, main, does);
    this.node = make('article', { class: 'voice' }, line);
  }

  /** @param {Voice} voice @param {boolean} canMerge */
  draw(voice, canMerge) {
    const { name, clip } = (this.voice = voice);
    setText(this.name, name);
    const facts = voiceFacts(voice);
    if (this.facts.dataset.shown !== facts.join()) {
      this.facts.dataset.shown = facts.join();
      this.facts.replaceChildren(...facts.map(text => make('span', {}, text)));
    }
    this.play.disabled = !clip;
    this.play.title = clip
      ? `Hear ${name} (from “${clip.title}”)`
      : 'The meetings with this voice are deleted';
    this.play.setAttribute('aria-label', (clip ? 'Hear ' : 'Nothing to hear of ') + name);
    this.merge.hidden = !canMerge;
  }

  /** @param {boolean} playing */
  drawPlaying(playing) {
    this.node.classList.toggle('playing', playing);
    const shape = this.play.querySelector('path');
    shape?.setAttribute('d', playing ? signs.pause : signs.play);
  }
}

/** The list of enrolled voices. */
class Voices {
  /** @type {Voice[]} */
  voices = [];
  /** @type {WeakMap<Node, VoiceCard>} */
  cards = new WeakMap();
  /** The voice that was played last. @type {Voice | null} */
  played = null;

  /** @param {HTMLElement | ShadowRoot} root @param {string} address of the list of voices */
  constructor(root, address) {
    this.address = address;
    this.toasts = new Toasts();
    this.outbox = Outbox.of('voices');
    this.audio = make('audio', { preload: 'none' });
    for (const name of ['play', 'pause', 'ended', 'timeupdate', 'error'])
      this.audio.addEventListener(name, event => this.listened(event.type));
    const about =
      'These voices are recognised by themselves in new meetings, live ones too. Their voice prints stay on this machine.';
    this.intro = make('p', { class: 'intro', hidden: true }, about);
    this.list = make('div', { class: 'voices' });
    this.none = emptyState(
      'wave',
      'No voice is remembered',
      'Meetcore recognises no voice across meetings until you ask for it: name a speaker in a meeting and tick “Recognise this voice next time”. Then a voice print (a few hundred numbers, from which no speech can be made) and where that voice can be heard are kept on this machine, until you delete them here.',
    );
    this.none.hidden = true;
    const page = make('div', { class: 'page' }, this.intro, this.list, this.none, this.audio);
    page.append(this.toasts.node);
    root.append(page);
    const refused = (/** @type {Refusal} */ refusal) => this.toasts.refused(refusal);
    this.toasts.node.append(showOutbox(this.outbox, refused, () => this.load()));
  }

  async load() {
    try {
      const response = await fetch(this.address);
      const answer = await response.json();
      if (!response.ok) {
        this.toasts.say(answer.trouble, 12, null, 'bad', answer.rule);
        return;
      }
      /* While changes wait, the list shows them and this answer does not. */
      if (!this.outbox.waiting.length) this.show(answer.voices);
    } catch {
      this.toasts.say('The voices could not be fetched. Reload the page.', 10, null, 'bad');
    }
  }

  /** @param {Voice[]} voices */
  show(voices) {
    this.voices = voices;
    this.none.hidden = voices.length > 0;
    this.intro.hidden = !voices.length;
    const canMerge = voices.length > 1;
    reconcile(
      this.list,
      voices,
      voice => voice.id,
      voice => this.build(voice),
      (node, voice) => this.cards.get(node)?.draw(voice, canMerge),
    );
  }

  /** @param {Voice} voice */
  build(voice) {
    const card = new VoiceCard(voice, this);
    this.cards.set(card.node, card);
    return card.node;
  }

  /**
   * @param {string} method
   * @param {Voice} voice
   * @param {string} path
   * @param {Record<string, string>} body
   * @param {string} typed
   */
  send(method, { id }, path = '', body = {}, typed = '') {
    const address = `${this.address}/${encodeURIComponent(id)}${path}`;
    this.outbox.put(method, address, body, typed);
  }

  /** @param {Voice} voice */
  play(voice) {
    if (!voice.clip) return;
    if (this.played?.id === voice.id && !this.audio.paused) return this.audio.pause();
    this.played = voice;
    this.audio.src = voice.clip.address;
    this.audio.play().catch(() => this.listened('error'));
  }

  /** @param {string} event of the audio */
  listened(event) {
    const end = this.played?.clip?.end ?? Infinity;
    /* Not every browser stops at the end that the address names. */
    if (event === 'timeupdate' && this.audio.currentTime >= end) this.audio.pause();
    if (event === 'error' && this.played) {
      const text = 'This clip cannot be played: its recording is gone or is being worked on.';
      this.toasts.say(text, 8, null, 'bad');
    }
    for (const node of this.list.children) {
      const card = this.cards.get(node);
      card?.drawPlaying(card.voice.id === this.played?.id && !this.audio.paused);
    }
  }

  /** @param {VoiceCard} card */
  rename(card) {
    const about = { text: card.voice.name, label: 'Name', longest: LONGEST_NAME };
    editInPlace(card.name, about, name => {
      setText(card.name, name);
      this.send('PATCH', card.voice, '', { name }, name);
    });
  }

  /** Asks which voice is the same one. @param {VoiceCard} card */
  askMerge({ node, voice }) {
    if (node.querySelector('.ask, .into')) return;
    const others = this.voices.filter(other => other.id !== voice.id);
    const options = others.map(other => make('option', { value: other.id }, other.name));
    const choice = make('select', { 'aria-label': 'The same person as' }, ...options);
    const merge = () => {
      const into = others.find(other => other.id === choice.value);
      box.remove();
      if (into) node.append(this.mergeQuestion(voice, into));
    };
    const cancel = textButton('Cancel', () => box.remove());
    const answers = make(
      'div',
      { class: 'answers' },
      textButton('Merge', merge, 'primary'),
      cancel,
    );
    const text = make('span', { dir: 'auto' }, `“${voice.name}” is the same person as`);
    const box = make('div', { class: 'into' }, make('label', {}, text, choice), answers);
    box.onkeydown = event => {
      if (event.key === 'Escape') box.remove();
    };
    node.append(box);
    choice.focus();
  }

  /** @param {Voice} voice @param {Voice} into */
  mergeQuestion(voice, into) {
    const text = `Make one voice of “${voice.name}” and “${into.name}”, called “${into.name}”? This cannot be taken apart again.`;
    return confirmBox(text, 'Merge', () => this.send('POST', voice, '/merge', { into: into.id }));
  }

  /** @param {VoiceCard} card */
  askRemove({ node, voice, remove }) {
    if (node.querySelector('.ask')) return;
    node.querySelector('.into')?.remove();
    const text = `Delete the voice of “${voice.name}”? Its voice print is gone for good and the voice is not recognised any more. Names already written in transcripts stay.`;
    const sure = () => {
      if (this.played?.id === voice.id) this.audio.pause();
      this.send('DELETE', voice);
    };
    node.append(confirmBox(text, 'Delete', sure, () => remove.focus()));
  }
}

/** @param {ElementComponent<{ address: string }>} component */
export default function (component) {
  const { address } = component.data;
  const view = viewOf(component, root => new Voices(root, address));
  view.load();
}
