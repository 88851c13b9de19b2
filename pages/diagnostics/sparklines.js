const width = 120, height = 28;

function drawing(tag, attributes) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

class Sparks {
  constructor(root) {
    this.list = make('dl', { class: 'tiles' });
    this.tiles = new Map();
    root.append(this.list);
  }
  draw(data) {
    const wanted = new Set(data.tiles.map(tile => tile.label));
    for (const [label, parts] of this.tiles) if (!wanted.has(label)) { parts.node.remove(); this.tiles.delete(label); }
    for (const tile of data.tiles) this.fill(this.tiles.get(tile.label) ?? this.build(tile.label), tile);
  }
  build(label) {
    const parts = {
      value: make('span', { class: 'value' }), note: make('span', { class: 'note' }),
      line: drawing('polyline', { fill: 'none', 'vector-effect': 'non-scaling-stroke' }), area: drawing('polygon', {}),
      svg: drawing('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' }),
    };
    parts.svg.append(parts.area, parts.line);
    parts.node = make('div', { class: 'tile' }, make('dt', {}, label), make('dd', {}, parts.value, parts.note, parts.svg));
    this.list.append(parts.node);
    this.tiles.set(label, parts);
    return parts;
  }
  fill(parts, tile) {
    put(parts.value, tile.value);
    put(parts.note, tile.note);
    parts.note.hidden = !tile.note;
    parts.node.classList.toggle('bad', tile.bad);
    const points = tile.points;
    parts.svg.style.display = points.length > 1 ? '' : 'none';
    if (points.length < 2) return;
    const most = Math.max(...points), least = Math.min(0, ...points);
    /* A line of zeros lies on the ground; the rest of the height is there for what happens. */
    const span = most - least || 1;
    const at = points.map((value, index) => [index / (points.length - 1) * width, height - 2 - (value - least) / span * (height - 5)]);
    const path = at.map(pair => pair.map(n => n.toFixed(1)).join(',')).join(' ');
    parts.line.setAttribute('points', path);
    parts.area.setAttribute('points', `0,${height} ${path} ${width},${height}`);
    parts.svg.setAttribute('aria-label', `${tile.label} over the last minutes: least ${Math.min(...points)}, most ${most}`);
  }
}

export default function (component) {
  viewOf(component, root => new Sparks(root)).draw(component.data);
}
