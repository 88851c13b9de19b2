/* Seconds of speech, as in "3 min 10 s". */
function spoken(seconds) {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return [minutes && minutes + ' min', (whole % 60 || !minutes) && (whole % 60) + ' s'].filter(Boolean).join(' ');
}

class Voices {
  constructor(root) {
    this.notes = new Notes();
    this.outbox = Outbox.of('voices');
    this.voices = [];
    this.audio = make('audio', { preload: 'none' });
    for (const name of ['play', 'pause', 'ended', 'timeupdate', 'error']) this.audio.addEventListener(name, event => this.listened(event.type));
    this.intro = make('p', { class: 'intro' }, 'These voices are recognised by themselves in new meetings, live ones too. Their voice prints stay on this machine.');
    this.list = make('div', { class: 'voices' });
    this.none = empty('wave', 'No voice is remembered',
      'Meetcore recognises nobody across meetings until you ask for it: name a speaker in a meeting and tick “Recognise this voice next time”. Then a voice print (a few hundred numbers, from which no speech can be made) and where that voice can be heard are kept on this machine, until you delete them here.');
    root.append(make('div', { class: 'page' }, this.intro, this.list, this.none, this.audio, this.notes.node));
    this.intro.hidden = this.none.hidden = true;
    this.notes.node.append(showOutbox(this.outbox, refusal => this.notes.refused(refusal), () => this.load()));
  }
  draw(component) {
    this.address = component.data.address;
    this.load();
  }
  async load() {
    try {
      const answer = await fetch(this.address);
      const said = await answer.json();
      if (!answer.ok) return this.notes.say(said.trouble, 12, null, 'bad', said.rule);
      /* The answer to the changes that still wait will show them. */
      if (!this.outbox.waiting.length) this.show(said.voices);
    } catch {
      this.notes.say('The voices could not be fetched. Reload the page.', 10, null, 'bad');
    }
  }
  show(voices) {
    this.voices = voices;
    this.none.hidden = voices.length > 0;
    this.intro.hidden = !voices.length;
    keep(this.list, voices, voice => voice.id, voice => this.build(voice), (node, voice) => this.fill(node, voice));
  }
  build(voice) {
    const parts = {
      play: button('Play', 'play', () => this.play(node), { class: 'tool play' }), name: make('h3', { class: 'name', dir: 'auto' }), facts: make('div', { class: 'facts' }),
      rename: button('Rename', pencil, () => editInPlace(parts.name, node.voice.name, 'Name', 60, name => { put(parts.name, name); this.send('PATCH', voice.id, '', { name }, name); })),
      merge: button('Merge with another voice', 'merge', () => this.merge(node)),
      remove: button('Delete', 'trash', () => this.remove(node)),
    };
    parts.remove.classList.add('danger');
    const node = make('article', { class: 'voice' }, make('div', { class: 'line' }, parts.play, make('div', { class: 'main' }, parts.name, parts.facts), make('div', { class: 'does' }, parts.rename, parts.merge, parts.remove)));
    node.parts = parts;
    return node;
  }
  fill(node, voice) {
    node.voice = voice;
    const { parts } = node;
    put(parts.name, voice.name);
    const since = new Date(voice.since).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
    const facts = [spoken(voice.seconds) + ' of speech', voice.meetings === 1 ? '1 meeting' : `${voice.meetings} meetings`, 'since ' + since];
    if (parts.facts.dataset.same !== facts.join()) {
      parts.facts.dataset.same = facts.join();
      parts.facts.replaceChildren(...facts.map(text => make('span', {}, text)));
    }
    parts.play.disabled = !voice.clip;
    parts.play.title = voice.clip ? `Hear ${voice.name} (from “${voice.clip.title}”)` : 'The meetings this voice was heard in are deleted';
    parts.play.setAttribute('aria-label', voice.clip ? 'Hear ' + voice.name : 'Nothing to hear of ' + voice.name);
    parts.merge.hidden = this.voices.length < 2;
  }
  send(method, id, path, body = {}, typed = '') { this.outbox.put(method, `${this.address}/${encodeURIComponent(id)}${path}`, body, typed); }
  play(node) {
    const { clip, id } = node.voice;
    if (this.playing === id && !this.audio.paused) return this.audio.pause();
    this.playing = id;
    this.end = clip.end;
    this.audio.src = clip.address;
    this.audio.play().catch(() => this.listened('error'));
  }
  listened(kind) {
    /* Not every browser stops at a fragment's end. */
    if (kind === 'timeupdate' && this.audio.currentTime >= this.end) this.audio.pause();
    if (kind === 'error' && this.playing) this.notes.say('This clip cannot be played: its recording is gone or is being worked on.', 8, null, 'bad');
    for (const node of this.list.children) {
      const on = node.dataset.key === this.playing && !this.audio.paused;
      node.classList.toggle('playing', on);
      node.parts.play.querySelector('path').setAttribute('d', on ? signs.pause : signs.play);
    }
  }
  merge(node) {
    if (node.querySelector('.ask, .into')) return;
    const others = this.voices.filter(voice => voice.id !== node.voice.id);
    const choice = make('select', { 'aria-label': 'The same person as' }, ...others.map(voice => make('option', { value: voice.id }, voice.name)));
    const close = () => box.remove();
    const box = make('div', { class: 'into' }, make('label', {}, make('span', { dir: 'auto' }, `“${node.voice.name}” is the same person as`), choice),
      make('div', { class: 'answers' }, worded('Merge', () => {
        const into = others.find(voice => voice.id === choice.value);
        close();
        node.append(question(`Make one voice of “${node.voice.name}” and “${into.name}”, called “${into.name}”? This cannot be taken apart again.`, 'Merge', () => this.send('POST', node.voice.id, '/merge', { into: into.id })));
      }, 'primary'), worded('Cancel', close)));
    box.onkeydown = event => { if (event.key === 'Escape') close(); };
    node.append(box);
    choice.focus();
  }
  remove(node) {
    if (node.querySelector('.ask')) return;
    node.querySelector('.into')?.remove();
    node.append(question(`Delete the voice of “${node.voice.name}”? Its voice print is gone for good and the voice is not recognised any more. Names already written in transcripts stay.`, 'Delete', () => {
      if (this.playing === node.voice.id) this.audio.pause();
      this.send('DELETE', node.voice.id, '');
    }, () => node.parts.remove.focus()));
  }
}

export default function (component) {
  viewOf(component, root => new Voices(root)).draw(component);
}
