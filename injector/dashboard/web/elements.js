// Elements of the document. Every name comes from somebody in the cluster and is put in as text, never as markup.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

// Touches the document only where the text differs: a thousand rows are told of each renewal.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

// <expiry-bar>: the rest of a term as a bar that shrinks by itself, without a line of script per frame.
class ExpiryBar extends HTMLElement {
  #fill = make('span', { class: 'fill' });
  #label = make('span', { class: 'label' });
  #animation = null;

  connectedCallback() {
    if (!this.#fill.parentNode) this.append(make('span', { class: 'track', 'aria-hidden': 'true' }, this.#fill), this.#label);
  }

  // `left` and `whole` in milliseconds; `text` stands beside the bar.
  show(left, whole, text) {
    setText(this.#label, text);
    this.#animation?.cancel();
    this.#animation = null;
    const part = whole > 0 ? Math.min(1, Math.max(0, left / whole)) : 0;
    this.#fill.style.transform = `scaleX(${part})`;
    setAttribute(this, 'data-low', part < 0.34);
    if (part > 0 && !matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#animation = this.#fill.animate(
        [{ transform: `scaleX(${part})` }, { transform: 'scaleX(0)' }], { duration: left, fill: 'forwards' });
    }
  }

  label(text) { setText(this.#label, text); }
}
customElements.define('expiry-bar', ExpiryBar);

const SVG = 'http://www.w3.org/2000/svg';

function shape(tag, attributes, title) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (title) element.append(Object.assign(document.createElementNS(SVG, 'title'), { textContent: title }));
  return element;
}

// <leader-timeline>: who led when, as one strip; gaps are times without a leader. What it shows also stands in words in
// the list beside it, so it is hidden from a screen reader.
class LeaderTimeline extends HTMLElement {
  // `spans`: [{ leader, from, to }], where `to` is null for who leads still; what is shown begins at `since`.
  show(spans, since, now) {
    const svg = shape('svg', { viewBox: '0 0 1000 24', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    const at = (instant) => (1000 * Math.max(0, instant - since)) / Math.max(1, now - since);
    const leaders = [...new Set(spans.map((span) => span.leader))];
    for (const span of spans) {
      const x = at(span.from);
      svg.append(shape('rect', {
        x, y: 3, height: 18, width: Math.max(2, at(span.to ?? now) - x), class: `holder-${leaders.indexOf(span.leader) % 4}`,
      }, span.leader));
    }
    this.replaceChildren(svg);
  }
}
customElements.define('leader-timeline', LeaderTimeline);
