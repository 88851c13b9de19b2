/* The element of Diagnostics that shows figures with a line of their last minutes. */

const width = 120;
const height = 28;

/** @typedef {{ label: string, value: string, note: string, points: number[], bad: boolean }} Tile */

/**
 * The points of a small line, as an SVG `points` attribute; needs two values at least.
 *
 * The lowest place stands for zero, or for the least value when that is negative.
 * @param {number[]} values
 */
function linePoints(values) {
  const most = Math.max(...values);
  const least = Math.min(0, ...values);
  const span = most - least || 1;
  const points = values.map((value, index) => [
    (index / (values.length - 1)) * width,
    height - 2 - ((value - least) / span) * (height - 5),
  ]);
  return points.map(point => point.map(n => n.toFixed(1)).join(',')).join(' ');
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 */
function svgElement(tag, attributes = {}) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** One figure, and a line of its last minutes. */
class SparklineTile {
  /** @param {string} label */
  constructor(label) {
    this.value = make('span', { class: 'value' });
    this.note = make('span', { class: 'note' });
    this.area = svgElement('polygon');
    this.line = svgElement('polyline', { fill: 'none', 'vector-effect': 'non-scaling-stroke' });
    const viewBox = `0 0 ${width} ${height}`;
    this.svg = svgElement('svg', { viewBox, preserveAspectRatio: 'none', role: 'img' });
    this.svg.append(this.area, this.line);
    const figure = make('dd', {}, this.value, this.note, this.svg);
    this.node = make('div', { class: 'tile' }, make('dt', {}, label), figure);
  }

  /** @param {Tile} tile */
  draw({ label, value, note, points, bad }) {
    setText(this.value, value);
    setText(this.note, note);
    this.note.hidden = !note;
    this.node.classList.toggle('bad', bad);
    this.svg.style.display = points.length > 1 ? '' : 'none';
    if (points.length < 2) return;
    const line = linePoints(points);
    this.line.setAttribute('points', line);
    this.area.setAttribute('points', `0,${height} ${line} ${width},${height}`);
    const range = `least ${Math.min(...points)}, most ${Math.max(...points)}`;
    this.svg.setAttribute('aria-label', `${label} over the last minutes: ${range}`);
  }
}

/** The tiles of one meeting, or of the process. */
class Sparklines {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.list = make('dl', { class: 'tiles' });
    /** @type {Map<string, SparklineTile>} */
    this.tiles = new Map();
    root.append(this.list);
  }

  /** @param {{ tiles: Tile[] }} data */
  draw({ tiles }) {
    const wanted = new Set(tiles.map(tile => tile.label));
    for (const [label, tile] of this.tiles) {
      if (wanted.has(label)) continue;
      tile.node.remove();
      this.tiles.delete(label);
    }
    for (const tile of tiles) (this.tiles.get(tile.label) ?? this.add(tile.label)).draw(tile);
  }

  /** @param {string} label */
  add(label) {
    const tile = new SparklineTile(label);
    this.list.append(tile.node);
    this.tiles.set(label, tile);
    return tile;
  }
}

/** @param {ElementComponent<{ tiles: Tile[] }>} component */
export default function (component) {
  viewOf(component, root => new Sparklines(root)).draw(component.data);
}
