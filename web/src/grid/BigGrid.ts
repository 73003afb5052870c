/** A grid of equal cells over any number of items, of which only those on screen exist.
 *
 *  Browsers cap the height of an element (Chromium at 33,554,432 px; Firefox makes nothing of more than about 17.9 million), so the
 *  spacer that makes the scroll bar stays below `TALLEST`. Within it, and for small steps beyond it, scrolling is exact to the pixel;
 *  a drag of the bar over a larger grid is taken as a share of the whole. */

export type GridOptions = {
  label: string;
  make: () => HTMLElement;
  /** Shows item `index` in a cell. */
  fill: (cell: HTMLElement, index: number) => void;
  /** A cell leaves the screen. */
  empty?: (cell: HTMLElement) => void;
  onActive?: (index: number) => void;
  onClick?: (index: number, event: MouseEvent) => void;
  onOpen?: (index: number) => void;
  /** What is on screen has changed: from, and up to but without. */
  onView?: (from: number, to: number) => void;
};

const TALLEST = 8_000_000;
const OVERSCAN = 1;

export class BigGrid {
  columns = 1;
  active = 0;
  private count = 0;
  private cellWidth = 120;
  private cellHeight = 140;
  private wide = 120;
  private used = new Map<number, HTMLElement>();
  private free: HTMLElement[] = [];
  private layer = document.createElement('div');
  private spacer = document.createElement('div');
  private top = 0; // pixels from the start of the whole, however tall it is
  private lastScroll = 0;
  private frame = 0;
  private ours = false; // the next scroll event is of our own making
  private timer = 0;
  private ending = new AbortController();

  constructor(
    readonly element: HTMLElement,
    private readonly options: GridOptions,
  ) {
    element.classList.add('grid');
    element.tabIndex = 0;
    element.setAttribute('role', 'listbox');
    element.setAttribute('aria-multiselectable', 'true');
    element.setAttribute('aria-label', options.label);
    this.layer.className = 'grid-layer';
    this.layer.setAttribute('role', 'presentation');
    this.spacer.className = 'grid-spacer';
    this.spacer.setAttribute('role', 'presentation');
    element.replaceChildren(this.layer, this.spacer);
    const { signal } = this.ending;
    element.addEventListener('scroll', this.onScroll, { passive: true, signal });
    element.addEventListener('keydown', this.onKey, { signal });
    element.addEventListener('click', this.onClick, { signal });
    element.addEventListener('dblclick', this.onDoubleClick, { signal });
    const watcher = new ResizeObserver(() => this.layout());
    watcher.observe(element);
    signal.addEventListener('abort', () => watcher.disconnect());
    this.layout();
  }

  destroy(): void {
    this.ending.abort();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    for (const cell of this.used.values()) this.options.empty?.(cell);
    this.element.replaceChildren();
  }

  setCount(count: number): void {
    this.count = count;
    this.active = Math.min(this.active, Math.max(0, count - 1));
    for (const [index, cell] of this.used) if (index >= count) this.drop(index, cell);
    this.layout();
  }

  setCell(width: number, height: number): void {
    this.cellWidth = width;
    this.cellHeight = height;
    this.layout();
  }

  /** Fills again what is on screen. */
  refresh(): void {
    for (const [index, cell] of this.used) this.options.fill(cell, index);
    this.mark();
  }

  /** From the start, as another set of samples. */
  reset(count: number): void {
    this.active = 0;
    this.top = 0;
    this.setCount(count);
    this.setTop(0);
    this.refresh();
  }

  go(index: number): void {
    this.active = Math.max(0, Math.min(this.count - 1, index));
    this.reveal(this.active);
    this.options.onActive?.(this.active);
  }

  /** The items whose cells touch a box in pixels of the page. */
  within(box: DOMRect): number[] {
    const found: number[] = [];
    for (const [index, cell] of this.used) {
      const r = cell.getBoundingClientRect();
      if (r.left < box.right && r.right > box.left && r.top < box.bottom && r.bottom > box.top) found.push(index);
    }
    return found.sort((a, b) => a - b);
  }

  private get whole(): number {
    return Math.ceil(this.count / this.columns) * this.cellHeight;
  }

  private layout(): void {
    const first = Math.floor(this.top / this.cellHeight) * this.columns;
    this.columns = Math.max(1, Math.floor(this.element.clientWidth / this.cellWidth));
    this.wide = Math.max(this.cellWidth, Math.floor(this.element.clientWidth / this.columns)); // no strip is left over at the right
    this.spacer.style.height = `${Math.min(this.whole, TALLEST)}px`;
    this.setTop(Math.floor(first / this.columns) * this.cellHeight);
  }

  private setTop(pixels: number): void {
    this.top = Math.max(0, Math.min(this.whole - this.element.clientHeight, pixels));
    this.syncBar();
    this.ask();
  }

  private reveal(index: number): void {
    const y = Math.floor(index / this.columns) * this.cellHeight;
    const height = this.element.clientHeight;
    if (y < this.top) this.setTop(y);
    else if (y + this.cellHeight > this.top + height) this.setTop(y + this.cellHeight - height);
    else this.ask();
  }

  private ranges(): [number, number] {
    const height = this.element.clientHeight;
    return [Math.max(0, this.whole - height), Math.max(1, Math.min(this.whole, TALLEST) - height)];
  }

  private onScroll = (): void => {
    const now = this.element.scrollTop;
    const step = now - this.lastScroll;
    this.lastScroll = now;
    if (this.ours) {
      this.ours = false;
      return;
    }
    const [whole, bar] = this.ranges();
    if (this.whole <= TALLEST) this.top = now;
    else if (Math.abs(step) > 3 * this.element.clientHeight || now <= 0 || now >= bar - 1) this.top = (now / bar) * whole;
    else {
      this.top = Math.max(0, Math.min(whole, this.top + step));
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.syncBar(), 150);
    }
    this.ask();
  };

  private syncBar(): void {
    const [whole, bar] = this.ranges();
    const wanted = this.whole <= TALLEST ? this.top : Math.round((this.top / Math.max(1, whole)) * bar);
    if (Math.abs(wanted - this.element.scrollTop) < 1) return;
    this.ours = true;
    this.element.scrollTop = wanted;
    this.lastScroll = this.element.scrollTop;
  }

  private onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.cellHeight)) * this.columns;
    const moves: Record<string, number> = {
      ArrowLeft: this.active - 1,
      ArrowRight: this.active + 1,
      ArrowUp: this.active - this.columns,
      ArrowDown: this.active + this.columns,
      PageUp: this.active - page,
      PageDown: this.active + page,
      Home: 0,
      End: this.count - 1,
    };
    const to = moves[event.key];
    if (to === undefined || !this.count) return;
    event.preventDefault();
    if (event.key.startsWith('Arrow') && (to < 0 || to >= this.count)) return;
    this.go(to);
  };

  private indexOf(event: MouseEvent): number | undefined {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null;
    return cell ? Number(cell.dataset['index']) : undefined;
  }

  private onClick = (event: MouseEvent): void => {
    const index = this.indexOf(event);
    if (index === undefined) return;
    if (this.options.onClick) this.options.onClick(index, event);
    else this.go(index);
  };

  private onDoubleClick = (event: MouseEvent): void => {
    const index = this.indexOf(event);
    if (index !== undefined) this.options.onOpen?.(index);
  };

  private ask(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private drop(index: number, cell: HTMLElement): void {
    this.used.delete(index);
    this.options.empty?.(cell);
    cell.hidden = true;
    cell.removeAttribute('id');
    this.free.push(cell);
  }

  private draw(): void {
    const { cellHeight, wide, columns, count } = this;
    const from = Math.max(0, Math.floor(this.top / cellHeight) - OVERSCAN) * columns;
    const to = Math.min(count, (Math.ceil((this.top + this.element.clientHeight) / cellHeight) + OVERSCAN) * columns);
    for (const [index, cell] of this.used) if (index < from || index >= to) this.drop(index, cell);
    this.options.onView?.(from, to);
    for (let index = from; index < to; index++) {
      const known = this.used.get(index);
      const cell = known ?? this.taken(index);
      cell.style.width = `${wide}px`;
      cell.style.height = `${cellHeight}px`;
      cell.style.transform = `translate(${(index % columns) * wide}px, ${Math.floor(index / columns) * cellHeight - this.top}px)`;
      if (!known) this.options.fill(cell, index); // once it has its size: what is drawn into it at once needs one
    }
    this.mark();
  }

  private taken(index: number): HTMLElement {
    let cell = this.free.pop();
    if (!cell) {
      cell = this.options.make();
      cell.setAttribute('role', 'option');
      this.layer.append(cell);
    }
    cell.hidden = false;
    cell.dataset['index'] = String(index);
    cell.id = `cell-${index}`;
    cell.setAttribute('aria-posinset', String(index + 1));
    cell.setAttribute('aria-setsize', String(this.count));
    this.used.set(index, cell);
    return cell;
  }

  private mark(): void {
    for (const [index, cell] of this.used) cell.classList.toggle('active', index === this.active);
    if (this.used.has(this.active)) this.element.setAttribute('aria-activedescendant', `cell-${this.active}`);
    else this.element.removeAttribute('aria-activedescendant');
  }
}
