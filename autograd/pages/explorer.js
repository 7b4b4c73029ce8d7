// The explorer: what stands open, what is chosen, and what hands do. A part is known by its id on both sides, which so keep in step.

const root = document.currentScript.closest(".explorer");
const find = selector => root.querySelector(selector);
const { sides: told, looks, frame: frameLook, tones, begin } = JSON.parse(find("script[type='application/json']").textContent);
const sides = told.map(sideOf);
const [panel, status, outline, search, found, colour] = [".panel", ".status", ".tree", ".search input", ".found", ".colour select"].map(find);
const LEGIBLE = 9 / 11, SEEN = 400; // of letters of 11 px; boxes that may be opened by one button
const still = matchMedia("(prefers-reduced-motion: reduce)");
const state = { open: new Set(["m0"]), chosen: null, lit: null, line: null, alone: false, down: false, by: begin };
shaded(root);

const partsOf = id => sides.flatMap(side => side.parts.has(id) ? [[side, side.parts.get(id)]] : []);
const partOf = id => partsOf(id)[0]?.[1];
const isOpen = group => !group.parent || state.open.has(group.id);
const shownAs = part => { // what stands for it in the picture: itself, or the outermost closed module that it is in
  for (const at of pathOf(part)) if (at.group && !isOpen(at)) return at;
  return part;
};

// The sides: a picture with a map each.
for (const side of sides) {
  const section = element("section"), heading = element("h2", sides.length > 1 ? ["before", "after"][side.number] : "");
  const svg = drawn("svg", { viewBox: "0 0 10 10", role: "group", "aria-label": "Graph" });
  side.layers = ["frames", "edges", "titles", "boxes"].map(name => drawn("g", { class: name }));
  svg.append(drawn("g", { class: "graph", transform: "translate(0 0)" }, ...side.layers));
  side.map = drawn("svg", { class: "map", "aria-hidden": "true" });
  side.stage = element("div", "", svg);
  side.stage.className = "stage";
  section.append(...sides.length > 1 ? [heading] : [], side.stage, side.map);
  find(".stages").append(section);
  side.svg = svg;
  side.items = new Map();
}
for (const side of sides) {
  side.sight = looking(root, side.stage, side.svg);
  if (side.number) Object.defineProperty(side.sight, "fitted", { get: () => sides[0].sight.fitted, set: fitted => { sides[0].sight.fitted = fitted; } });
  side.sight.looked = () => {
    mapped(side);
    for (const other of sides) {
      const { x, y, scale } = side.sight.view, view = other.sight?.view;
      if (other === side || !other.sight || (view && view.x === x && view.y === y && view.scale === scale)) continue;
      other.sight.look(x, y, scale);
    }
  };
}

// What can be seen: boxes in frames, and the edges between them; of many between the same two boxes, one stands for all.
function pictured(side, down = state.down) {
  const items = new Map(), place = { by: state.by, down, looks, tones };
  const box = part => {
    if (part.group && isOpen(part)) {
      const wideTitle = part.parent ? frameWidth(part) : 0;
      const sizes = down ? { before: 36, after: 16, above: 16, below: 16, least: 0, broad: wideTitle, clear: wideTitle < 190 ? wideTitle : 0 } : { before: 16, after: 16, above: 34, below: 14, least: wideTitle, broad: 0, clear: 0 };
      if (part.parent) items.set(part.id, { part, frame: true }); // before what is in it, and so below it
      return { id: part.id, boxes: part.children.map(box), pad: part.parent ? sizes : undefined };
    }
    const shape = boxOf(side, part, place);
    items.set(part.id, { part, ...shape });
    return { id: part.id, along: down ? shape.height : shape.width, across: down ? shape.width : shape.height };
  };
  const tree = box(side.whole), edges = new Map(), shown = side.nodes.map(shownAs);
  for (const n of side.nodes) n.args.forEach((a, i) => {
    if (a === null || shown[a] === shown[n.index]) return;
    const key = `${shown[a].id} ${shown[n.index].id}`;
    if (!edges.has(key)) edges.set(key, { from: shown[a].id, to: shown[n.index].id, light: true, pairs: [] });
    const edge = edges.get(key);
    edge.pairs.push([side.nodes[a], n, i]);
    edge.light &&= i > 0 && !side.nodes[a].args.length; // a weight, a bias, a target: beside the straight way
  });
  const laid = arranged(tree, [...edges.values()]);
  const places = new Map([...laid.places].map(([id, p]) => [id, down ? { x: p.across, y: p.along, width: p.breadth, height: p.length }
    : { x: p.along, y: p.across, width: p.length, height: p.breadth }]));
  const [width, height] = down ? [laid.breadth, laid.length] : [laid.length, laid.breadth];
  return { items, places, edges: [...edges.values()].map((edge, i) => ({ ...edge, ...laid.routes[i] })), width: width + 48, height: height + 48, down };
}
const scaleOf = (side, { width, height }) => Math.min(side.stage.clientWidth / width, side.stage.clientHeight / height, 1.25);

// Draws a side anew. What was there already glides from where it was; `anchor` is { id, x, y, dx, dy }: which box, where in the window
// it is to stay, and with which of its points.
function draw(side, anchor = null) {
  const picture = pictured(side), { items, places, edges } = picture, [frames, lines, titles, boxes] = side.layers;
  const before = new Map([...side.items].map(([id, item]) => [id, item.at])), view = side.sight.view && { ...side.sight.view };
  for (const item of side.items.values()) item.element.remove();
  const focused = side.svg.contains(document.activeElement) && document.activeElement.dataset.id;
  lines.replaceChildren();
  titles.replaceChildren();
  side.items = new Map();
  for (const [id, { part, frame, shapes, width, height }] of items) {
    const at = places.get(id), content = frame ? frameOf(part, at.width, at.height, frameLook) : shapes;
    const made = drawn("g", { class: frame ? "frame" : part.group ? "node module" : "node", tabindex: 0, role: "button", "data-id": id, "aria-label": spoken(side, part) }, ...content);
    if (part.group) made.setAttribute("aria-expanded", Boolean(frame));
    made.setAttribute("transform", `translate(${at.x + 24} ${at.y + 24})`);
    (frame ? frames : boxes).append(made);
    if (frame) titles.append(titleOver(made));
    side.items.set(id, { part, frame, element: made, at: { ...at, x: at.x + 24, y: at.y + 24 } });
  }
  side.edges = edges.map(edge => {
    const [path, head] = lineOf(edge.points.map(([along, across]) => [along + 24, across + 24]), picture.down);
    const gradient = edge.pairs.every(([, n]) => ["gradient", "second"].includes(n.kind));
    const skips = edge.leaps && !edge.light;
    const stroke = gradient ? looks.gradient[1] : looks.middle[1];
    const made = drawn("g", { class: `edge${edge.light ? " light" : ""}${skips ? " skip" : ""}`, "data-edge": `${edge.from} ${edge.to}` },
      drawn("path", { d: path, class: "reach" }), drawn("path", { d: path, stroke, class: "line", "stroke-dasharray": gradient ? "5 3" : "" }), drawn("path", { d: head, fill: stroke, class: "head" }));
    lines.append(made);
    return { ...edge, element: made };
  });
  side.size = picture;
  side.sight.sized(picture.width, picture.height);
  if (anchor && side.items.has(anchor.id) && view) {
    const { x, y } = side.items.get(anchor.id).at, { clientWidth: w, clientHeight: h } = side.stage;
    side.sight.look(x + anchor.dx - (anchor.x - w / 2) / view.scale, y + anchor.dy - (anchor.y - h / 2) / view.scale, view.scale);
    side.sight.fitted = false;
  }
  mapDrawn(side);
  if (before.size && !still.matches) glide(side, before, view);
  if (focused) side.items.get(focused)?.element.focus({ preventScroll: true });
}
function glide(side, before, view) {
  const now = side.sight.view, options = { duration: 220, easing: "ease-out" };
  for (const [id, { element: moved, at, frame }] of side.items) {
    const old = before.get(id);
    if (!old) moved.animate([{ opacity: 0 }, { opacity: 1 }], options);
    else if (!frame || (old.width === at.width && old.height === at.height)) {
      const x = (old.x - view.x) * view.scale / now.scale + now.x, y = (old.y - view.y) * view.scale / now.scale + now.y;
      if (Math.hypot(x - at.x, y - at.y) > 0.5) moved.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: `translate(${at.x}px, ${at.y}px)` }], options);
    }
  }
  side.layers[1].animate([{ opacity: 0 }, { opacity: 1 }], { ...options, duration: 350 });
}
const spoken = (side, part) => [part.group ? part.title || "the graph" : `${part.called}${part.op ? `, result of ${part.op}` : ""}`,
  ...labelOf(side, part, state.by).slice(part.group || part.name ? 1 : 0).map(([, text]) => text)].join(", ");

// The map in the corner, where the picture is larger than its window.
function mapDrawn(side) {
  const { width, height } = side.size, share = Math.min(150 / width, 110 / height);
  const outlines = frame => [...side.items.values()].filter(item => Boolean(item.frame) === frame).map(({ at: { x, y, width: w, height: h } }) => `M${x} ${y}h${w}v${h}h${-w}z`).join("");
  side.window = drawn("rect", { class: "window" });
  side.map.setAttribute("viewBox", `0 0 ${width} ${height}`);
  side.map.setAttribute("width", Math.max(24, width * share));
  side.map.setAttribute("height", Math.max(24, height * share));
  side.map.replaceChildren(drawn("path", { d: outlines(true), class: "frames" }), drawn("path", { d: outlines(false), class: "boxes" }), side.window);
  mapped(side);
}
function mapped(side) {
  if (!side.window || !side.sight?.view) return;
  const { x, y, scale } = side.sight.view, { clientWidth: w, clientHeight: h } = side.stage;
  for (const [key, value] of Object.entries({ x: x - w / scale / 2, y: y - h / scale / 2, width: w / scale, height: h / scale })) side.window.setAttribute(key, value);
  side.map.classList.toggle("useful", side.size.width * scale > 1.1 * w || side.size.height * scale > 1.1 * h);
}
for (const side of sides) {
  const go = event => {
    const matrix = side.map.getScreenCTM().inverse(), { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    side.sight.look(x, y, side.sight.view.scale);
    side.sight.fitted = false;
  };
  side.map.addEventListener("pointerdown", event => { side.map.setPointerCapture(event.pointerId); go(event); });
  side.map.addEventListener("pointermove", event => { if (event.buttons) go(event); });
}

// What is lit: a part with all that it was made from and all that carries its gradient, one edge's result, or the nodes of a line.
function light() {
  const lit = state.lit ?? state.line ?? (state.chosen && { id: state.chosen });
  root.classList.toggle("lighting", Boolean(lit));
  for (const side of sides) {
    const part = lit?.id && side.parts.get(lit.id);
    const own = lit?.nodes ? lit.nodes(side) : null;
    const { own: self, made, carries } = own ? { own, made: new Set(), carries: new Set() } : part ? kin(side, part) : { own: new Set(), made: new Set(), carries: new Set() };
    const alone = Boolean(own) || state.alone, next = alone ? nextTo(side, self) : null;
    for (const { part: other, element: box, frame } of side.items.values()) {
      const has = nodes => nodesOf(other).some(n => nodes.has(n));
      const kind = other.id === lit?.id ? "self" : frame ? "" : has(self) || (alone && has(next)) ? "own" : has(carries) && !alone ? "carries" : has(made) && !alone ? "made" : "dim";
      mark(box, kind, lit);
    }
    for (const edge of side.edges) {
      const kind = edge.pairs.some(([a, n]) => lit?.edge ? self.has(a) : alone ? self.has(a) || self.has(n) : (self.has(a) || made.has(a)) && (self.has(n) || made.has(n))) ? "made"
        : !alone && edge.pairs.some(([a, n, i]) => (self.has(a) || carries.has(a)) && carries.has(n) && n.rules[i] !== null) ? "carries" : "dim";
      mark(edge.element, kind, lit);
    }
  }
  tell(lit);
}
function mark(made, kind, lit) {
  for (const name of ["self", "own", "made", "carries", "dim"]) made.classList.toggle(name, Boolean(lit) && name === kind);
}
function tell(lit) {
  const [side, part] = lit?.id ? partsOf(lit.id)[0] ?? [] : [];
  let text = lit?.say ?? "";
  if (part && !part.group) text = sides.length > 1 ? partsOf(lit.id).map(([s, p]) => `${["before", "after"][s.number]}: ${productOf(s, p)}`).join("   ") : productOf(side, part);
  else if (part) text = [part.title || "the graph", ...part.lines, part.told[0]].join(" · ");
  if (!text) text = summaryOf(sides[0]);
  if (status.textContent !== text) status.textContent = text;
}
const summaryOf = side => `${side.nodes.filter(n => n.args.length).length.toLocaleString("en")} operations, ${side.nodes.length.toLocaleString("en")} variables`;

// Opening, closing, choosing.
function redraw(anchors = []) {
  for (const side of sides) draw(side, anchors[side.number]);
  outlined();
  light();
  address.note();
}
// The anchor of a part under a pointer: what was clicked stays there, a frame by its title.
function anchored(id, event, opens) {
  return sides.map(side => {
    const old = side.items.get(id), view = side.sight.view;
    if (!old) return null;
    const { left, top, width: w, height: h } = side.stage.getBoundingClientRect();
    const inside = event && event.clientX >= left && event.clientX <= left + w && event.clientY >= top && event.clientY <= top + h;
    const there = { x: (old.at.x - view.x) * view.scale + w / 2, y: (old.at.y - view.y) * view.scale + h / 2 };
    const at = inside ? { x: event.clientX - left, y: event.clientY - top } : opens ? { x: there.x + 14 * view.scale, y: there.y + 13 * view.scale } : there;
    return { id, ...at, dx: 14, dy: 13 }; // a frame has its title there
  });
}
function toggle(id, event = null) {
  const part = partOf(id);
  if (!part?.group || !part.parent) return;
  const opens = !state.open.has(id), anchors = anchored(id, event, opens);
  state.open[opens ? "add" : "delete"](id);
  redraw(anchors);
  if (!event) reveal(id);
}
function reveal(id) {
  for (const [side, part] of partsOf(id).slice(0, 1)) {
    const item = side.items.get(shownAs(part).id);
    if (!item) continue;
    if (!side.sight.reach([item.at])) side.sight.reach([{ ...item.at, width: Math.min(item.at.width, 120), height: Math.min(item.at.height, 60) }]);
  }
}
function choose(id, show = true) {
  state.chosen = id && partOf(id) ? id : null;
  state.lit = state.line = null;
  const closed = state.chosen ? partsOf(id).flatMap(([, part]) => pathOf(part).slice(1, -1).filter(g => !isOpen(g))) : [];
  for (const g of closed) state.open.add(g.id);
  if (closed.length) redraw();
  else {
    outlined();
    light();
    address.note();
  }
  detailed();
  if (id && show) reveal(id);
}
function opened(to) { // as many levels as `fits`
  let level = [sides[0].whole, ...sides[1] ? [sides[1].whole] : []];
  for (;;) {
    level = level.flatMap(g => g.children.filter(child => child.group));
    const added = level.filter(g => !state.open.has(g.id)).map(g => g.id);
    if (!level.length) return;
    for (const id of added) state.open.add(id);
    if (!to()) {
      for (const id of added) state.open.delete(id);
      return;
    }
  }
}
const visible = side => {
  let count = 0;
  (function walk(group) { for (const child of group.children) child.group && isOpen(child) ? walk(child) : count++; })(side.whole);
  return count;
};

// How it begins: as far open as all of it can be read at once, in the direction in which more can.
function readable() {
  if (Math.max(...sides.map(visible)) > SEEN) return 0;
  const [across, down] = [false, true].map(way => Math.min(...sides.map(side => scaleOf(side, pictured(side, way)))));
  state.down = down > 1.15 * across;
  return Math.max(across, down);
}

// The page's address: what stands open, what is chosen, the direction and the colours.
const kept = () => `open=${[...state.open].filter(id => id !== "m0").join(",")}&way=${state.down ? "down" : "across"}&colour=${state.by}${state.chosen ? `&chosen=${state.chosen}` : ""}`;
function recalled(hash) {
  const asked = new URLSearchParams(hash.slice(1));
  state.open = new Set(["m0"]);
  if (asked.has("open")) state.open = new Set(["m0", ...asked.get("open").split(",").filter(id => partOf(id)?.group)]);
  else opened(() => readable() >= LEGIBLE);
  if (asked.has("way")) state.down = asked.get("way") === "down";
  else readable();
  if (asked.get("colour") === "" || sides[0].scales[asked.get("colour")]) state.by = asked.get("colour");
  colour.value = state.by;
  const chosen = asked.get("chosen");
  state.chosen = partOf(chosen) ? chosen : null;
  for (const [, part] of partsOf(state.chosen)) for (const g of pathOf(part).slice(1, -1)) state.open.add(g.id);
  redraw();
  explain();
  detailed();
  seeAll();
}
function seeAll() {
  const [side] = sides;
  side.sight.fit();
  const scale = side.sight.view.scale;
  if (scale > 1.25) side.sight.look(side.sight.view.x, side.sight.view.y, 1.25);
  if (scale < LEGIBLE) { // too small to read: begin at the beginning, or at what is chosen
    const { width, height } = side.size, { clientWidth: w, clientHeight: h } = side.stage, at = 0.9;
    side.sight.look(Math.min(w / 2 / at, Math.max(width / 2, 0)) || width / 2, state.down ? Math.min(h / 2 / at, height / 2) : height / 2, at);
    side.sight.fitted = false;
  } else side.sight.fitted = true;
  if (state.chosen) reveal(state.chosen);
}
const address = addressed(root, kept, hash => recalled(hash));

// The tree of modules, as screen readers know one: of many entries, only those that stand open are there.
function outlined() {
  const had = outline.contains(document.activeElement), shownSides = sides.filter(side => side.number === 0 || [...side.parts.keys()].some(id => !sides[0].parts.has(id)));
  const focus = state.focus ?? state.chosen ?? sides[0].whole.children[0]?.id;
  outline.replaceChildren(...shownSides.flatMap(side => {
    const list = element("ul");
    list.setAttribute("role", "tree");
    list.setAttribute("aria-label", sides.length > 1 ? `Modules ${["before", "after"][side.number]}` : "Modules");
    (function walk(group, level) {
      group.children.forEach((part, i) => {
        const item = element("li", "", element("span", titleOf(part)), ...part.op ? [element("small", part.op)] : []);
        for (const [key, value] of Object.entries({ role: "treeitem", "aria-level": level, "aria-posinset": i + 1, "aria-setsize": group.children.length, "aria-selected": part.id === state.chosen, tabindex: part.id === focus ? 0 : -1 })) item.setAttribute(key, value);
        item.style.setProperty("--level", level);
        item.dataset.id = part.id;
        if (part.differs) item.classList.add("differs");
        if (part.group) item.setAttribute("aria-expanded", isOpen(part));
        list.append(item);
        if (part.group && isOpen(part)) walk(part, level + 1);
      });
    })(side.whole, 1);
    if (![...list.children].some(item => item.tabIndex === 0) && list.firstChild) list.firstChild.tabIndex = 0;
    return shownSides.length > 1 ? [element("h2", ["before", "after"][side.number]), list] : [list];
  }));
  if (had) (outline.querySelector(`[data-id="${focus}"]`) ?? outline.querySelector("[tabindex='0']"))?.focus({ preventScroll: true });
}
outline.addEventListener("click", event => {
  const item = event.target.closest("li"), part = item && partOf(item.dataset.id);
  if (!part) return;
  state.focus = part.id;
  if (part.group) toggle(part.id);
  choose(part.id);
});
outline.addEventListener("focusin", event => {
  const item = event.target.closest("li");
  if (!item || !item.matches(":focus-visible")) return;
  state.lit = { id: item.dataset.id };
  light();
  reveal(item.dataset.id);
});
outline.addEventListener("keydown", event => {
  const item = event.target.closest("li"), part = item && partOf(item.dataset.id), items = [...outline.querySelectorAll("li")], i = items.indexOf(item);
  if (!part || event.ctrlKey || event.metaKey || event.altKey) return;
  const go = to => {
    if (!to) return;
    state.focus = to.dataset.id;
    for (const other of items) other.tabIndex = other === to ? 0 : -1;
    to.focus();
  };
  const acts = {
    ArrowDown: () => go(items[i + 1]), ArrowUp: () => go(items[i - 1]), Home: () => go(items[0]), End: () => go(items.at(-1)),
    ArrowRight: () => part.group && (isOpen(part) ? go(items[i + 1]) : turned()), ArrowLeft: () => part.group && isOpen(part) ? turned() : go(items.find(other => other.dataset.id === part.parent.id)),
    Enter: () => part.group ? (turned(), choose(part.id)) : choose(part.id), " ": () => choose(part.id),
  };
  const turned = () => { state.focus = part.id; toggle(part.id); };
  if (!Object.hasOwn(acts, event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  acts[event.key]();
});

// The picture under hands: what the mouse rests on or the focus is at is lit, a click opens, closes, or chooses.
for (const side of sides) {
  const under = target => target.closest?.("[data-id]")?.dataset.id;
  side.svg.addEventListener("pointerover", event => {
    if (event.buttons || event.pointerType === "touch") return;
    const id = under(event.target), edge = event.target.closest?.("[data-edge]");
    const over = edge && side.edges.find(e => e.element === edge);
    state.lit = over ? { edge: true, nodes: s => new Set(over.pairs.map(([a]) => s.parts.get(a.id)).filter(Boolean)), say: edgeSaid(over) } : id && (!partOf(id).group || !event.target.closest(".frame") || event.target.closest(".title")) ? { id } : null;
    light();
  });
  side.svg.addEventListener("pointerleave", () => { state.lit = null; light(); });
  side.svg.addEventListener("focusin", event => {
    const id = under(event.target);
    if (!id || !event.target.matches(":focus-visible")) return;
    state.lit = { id };
    light();
    reveal(id);
  });
  side.svg.addEventListener("focusout", () => { state.lit = null; light(); });
  side.sight.pressed = (target, event) => {
    const id = under(target), part = id && partOf(id);
    if (!part || (target.closest(".frame") && !target.closest(".title"))) return choose(null);
    if (part.group) toggle(id, event);
    choose(id, false);
  };
  side.svg.addEventListener("keydown", event => {
    const id = under(event.target), part = id && partOf(id);
    if (!part || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (part.group) toggle(id);
    choose(id);
    side.items.get(id)?.element.focus();
  });
}
function edgeSaid({ pairs }) {
  const results = [...new Set(pairs.map(([a]) => a))], users = [...new Set(pairs.map(([, n]) => n))];
  const few = list => list.slice(0, 4).map(n => n.called).join(", ") + (list.length > 4 ? ` and ${list.length - 4} more` : "");
  return `${few(results)} ${results.length === 1 && results[0].shape ? `(${results[0].shape}) ` : ""}→ ${few(users)}`;
}

// Search.
search.addEventListener("input", () => {
  const hits = sides.flatMap(side => searched(side, search.value)).filter((part, i, all) => all.findIndex(p => p.id === part.id) === i);
  found.hidden = !search.value.trim();
  found.replaceChildren(...hits.slice(0, 30).map(part => {
    const button = element("button", titleOf(part), element("small", [part.op, part.shape, pathOf(part).slice(1, -1).map(titleOf).join(" › ")].filter(Boolean).join(" · ")));
    button.dataset.hit = part.id;
    return element("li", "", button);
  }), ...hits.length > 30 ? [element("li", `and ${(hits.length - 30).toLocaleString("en")} more`)] : hits.length ? [] : [element("li", "nothing has all these words")]);
});
find(".search").addEventListener("keydown", event => {
  event.stopPropagation();
  const buttons = [...found.querySelectorAll("button")], i = buttons.indexOf(document.activeElement);
  if (event.key === "Escape") { hideFound(); search.value = ""; root.focus(); }
  else if (event.key === "ArrowDown") buttons[Math.min(i + 1, buttons.length - 1)]?.focus();
  else if (event.key === "ArrowUp") (i > 0 ? buttons[i - 1] : search).focus();
  else if (event.key === "Enter" && document.activeElement === search) buttons[0]?.click();
  else return;
  event.preventDefault();
});
found.addEventListener("click", event => {
  const hit = event.target.closest("[data-hit]");
  if (!hit) return;
  hideFound();
  choose(hit.dataset.hit);
});
const hideFound = () => { found.hidden = true; };
root.addEventListener("pointerdown", event => { if (!event.target.closest(".search")) hideFound(); });
search.addEventListener("focus", () => { found.hidden = !search.value.trim(); });

// Colours, and the strip that says what they mean.
const scales = sides[0].scales;
for (const [by, text] of [["", "none"], ["grad", "gradient"], ["value", "value"], ["saturation", "saturation"], ["given", "own numbers"]])
  if (!by || scales[by]) colour.append(Object.assign(element("option", text), { value: by }));
colour.addEventListener("change", () => {
  state.by = colour.value;
  redraw();
  explain();
});
function explain() {
  find(".key")?.remove();
  const scale = scales[state.by], key = keyed(scale, tones, new Set([...sides.flatMap(side => side.notes), ...scale?.note ? [scale.note] : []]));
  if (key.childNodes.length) status.before(key);
}

const acts = {
  list: () => { find("[data-do=list]").setAttribute("aria-pressed", root.classList.toggle("listing")); },
  turn: () => { state.down = !state.down; redraw(); seeAll(); },
  open: () => { opened(() => Math.max(...sides.map(visible)) <= SEEN); redraw(); seeAll(); },
  close: () => { state.open = new Set(["m0"]); redraw(); seeAll(); },
  alone: () => { state.alone = !state.alone; light(); detailed(); },
  fit: () => sides[0].sight.fit(), in: () => sides[0].sight.zoom(1.25), out: () => sides[0].sight.zoom(0.8),
};
const escape = () => { state.alone = false; choose(null); };
handed(root, acts, {
  "+": acts.in, "=": acts.in, "-": acts.out, 0: acts.fit, t: acts.turn, "/": () => { search.focus(); search.select(); }, Escape: escape,
  e: acts.alone,
});
