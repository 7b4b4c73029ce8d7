// What all pages share: the theme, the parts of a picture, looking closer, keys, and what stands in the address.

// The theme, which may change while we are looking: in a frame that of the page around it, as a notebook has one of its own.
function shaded(root) {
  const night = matchMedia("(prefers-color-scheme: dark)");
  const around = () => {
    for (let e = window.frameElement; e; e = e.parentElement) {
      const [red, green, blue, cover = 1] = getComputedStyle(e).backgroundColor.match(/[\d.]+/g).map(Number);
      if (cover) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
    }
    return night.matches;
  };
  const shade = () => root.classList.toggle("dark", root.dataset.theme === "dark" || (root.dataset.theme === "auto" && around()));
  night.addEventListener("change", shade);
  root.addEventListener("pointerenter", shade);
  const outer = window.frameElement?.ownerDocument;
  for (const part of outer ? [outer.documentElement, outer.body] : []) new MutationObserver(shade).observe(part, { attributes: true });
  shade();
}

// The parts of a picture by their ids. These leave the page, on which there may be another picture.
function taken(svg) {
  const parts = {};
  for (const part of svg.querySelectorAll("[id]")) {
    const title = part.querySelector(":scope > title");
    parts[part.classList.contains("edge") && !/^e\d+_/.test(part.id) ? title.textContent : part.id] = part;
    part.removeAttribute("id");
    title?.remove();
  }
  for (const link of svg.querySelectorAll("a")) {
    link.prepend(drawn("title", {}, link.getAttribute("xlink:title").trim()));
    link.removeAttribute("xlink:title");
  }
  return parts;
}

function element(name, text = "", ...children) {
  const made = document.createElement(name);
  made.append(text, ...children);
  return made;
}

// The same of a picture. Its namespace is asked for, so that a page that asks for nothing holds no address.
function drawn(name, attributes = {}, ...children) {
  drawn.space ??= Object.assign(element("div"), { innerHTML: "<svg></svg>" }).firstChild.namespaceURI;
  const made = document.createElementNS(drawn.space, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// What the colours of a picture mean, in a line: the strip of a scale between its ends (null: none), and notes.
function keyed(scale, tones, notes) {
  const key = element("div");
  key.className = "key";
  if (scale) {
    const [first, last] = scale.tones, fill = i => tones[Math.round(first + (last - first) * i / 20) + 10];
    const cells = Array.from({ length: 21 }, (_, i) => drawn("rect", { x: 6 * i, width: 6, height: 12, fill: fill(i) }));
    const strip = drawn("svg", { class: "graph", width: 126, height: 12, "aria-hidden": "true" }, ...cells);
    key.append(element("span", scale.ticks[0]), strip, element("span", scale.ticks[2]), element("small", scale.title));
  }
  for (const note of notes) key.append(element("small", note));
  return key;
}

// A picture in a window, `stage`, through which one looks closer: with wheel, fingers and mouse, or by calling what is returned.
// `view` is where its middle is and how many pixels each unit of the picture has; `fitted`, that all of it is shown.
function looking(root, stage, svg) {
  const graph = svg.querySelector(".graph");
  // The picture in its own size: browsers measure letters that are scaled down to nothing by whole pixels.
  let { width, height } = svg.viewBox.baseVal;
  const { e, f } = graph.transform.baseVal.consolidate().matrix;
  svg.removeAttribute("viewBox");
  const sight = { view: null, fitted: true, look, fit, zoom, reach, sized, pressed: () => {}, looked: () => {} };
  function sized(...size) { // of a picture that changes
    [width, height] = size;
  }
  function look(x, y, scale) {
    sight.view = { x, y, scale };
    graph.setAttribute("transform", `translate(${stage.clientWidth / 2 - x * scale} ${stage.clientHeight / 2 - y * scale}) scale(${scale})`);
    sight.looked();
  }
  function fit() {
    look(width / 2 - e, height / 2 - f, Math.max(0.01, Math.min(stage.clientWidth / width, stage.clientHeight / height, 1.6)));
    sight.fitted = true;
  }
  function zoom(factor, event = null) {
    const { left, top, width, height } = stage.getBoundingClientRect();
    const [dx, dy] = event ? [event.clientX - left - width / 2, event.clientY - top - height / 2] : [0, 0];
    const { x, y, scale } = sight.view;
    const to = Math.max(0.02, Math.min(8, scale * factor));
    look(x + dx / scale - dx / to, y + dy / scale - dy / to, to);
    sight.fitted = false;
  }
  function within(at, from, size, room) { // no further than the end of the picture
    return size < room ? from + size / 2 : Math.max(from + room / 2, Math.min(from + size - room / 2, at));
  }
  // Move so that the outlines can be seen: false, if they are too much for the window. What is seen already stays, but `anyway`.
  function reach(sides, anyway = false) {
    const { x, y, scale } = sight.view, { clientWidth: w, clientHeight: h } = stage;
    const [left, top] = ["x", "y"].map(k => Math.min(...sides.map(b => b[k])));
    const [right, bottom] = [Math.max(...sides.map(b => b.x + b.width)), Math.max(...sides.map(b => b.y + b.height))];
    if (!sides.length || (right - left) * scale > w || (bottom - top) * scale > h) return false;
    const to = [within((left + right) / 2, -e, width, w / scale), within((top + bottom) / 2, -f, height, h / scale)];
    const inside = (Math.abs(to[0] - x) + (right - left) / 2) * 2 * scale < w && (Math.abs(to[1] - y) + (bottom - top) / 2) * 2 * scale < h;
    if (anyway || !inside) look(...to, scale);
    return true;
  }
  new ResizeObserver(() => sight.fitted ? fit() : look(sight.view.x, sight.view.y, sight.view.scale)).observe(stage);

  // The wheel scrolls the page by, unless the picture was clicked, or it is held with Ctrl, as which a pinch on a touchpad comes.
  let taken = false, pressed = null;
  root.addEventListener("pointerleave", event => { if (event.pointerType === "mouse") taken = false; });
  stage.addEventListener("wheel", event => {
    if (!taken && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), event);
  }, { passive: false });
  const fingers = new Map();
  stage.addEventListener("pointerdown", event => {
    taken = true;
    pressed = fingers.size ? null : { x: event.clientX, y: event.clientY, target: event.target };
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, event => fingers.delete(event.pointerId));
  stage.addEventListener("pointerup", event => { // where nothing was dragged
    if (pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < 5) sight.pressed(pressed.target, event);
  });
  stage.addEventListener("pointermove", event => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    fingers.set(event.pointerId, event);
    const { x, y, scale } = sight.view, share = 1 / fingers.size / scale;
    look(x - (event.clientX - before.clientX) * share, y - (event.clientY - before.clientY) * share, scale);
    sight.fitted = false;
    if (fingers.size === 2) {
      const other = [...fingers.values()].find(f => f.pointerId !== event.pointerId);
      const apart = f => Math.hypot(f.clientX - other.clientX, f.clientY - other.clientY);
      if (apart(before)) zoom(apart(event) / apart(before), { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 });
    }
  });
  return sight;
}

// Buttons do what their data-do says. Keys go to what was used last of several in one document, the address belongs to the first.
function handed(root, acts, keys) {
  root.addEventListener("click", event => {
    const act = event.target.closest("button")?.dataset.do;
    if (!act) return;
    acts[act]();
    if (event.detail) root.focus({ preventScroll: true }); // after a click of the mouse, Space plays; from the keyboard, it presses the button
  });
  const all = () => [...document.querySelectorAll(".page")];
  const claim = () => all().forEach(p => p.classList.toggle("used", p === root));
  if (all()[0] === root) claim();
  for (const use of ["pointerenter", "pointerdown", "focusin"]) root.addEventListener(use, claim);
  document.addEventListener("keydown", event => {
    const { key, target } = event;
    if (!root.classList.contains("used") || !Object.hasOwn(keys, key) || event.ctrlKey || event.metaKey || event.altKey) return;
    if ((key === " " && target.closest?.("button")) || (!root.contains(target) && target.closest?.("input, textarea, select, [contenteditable]"))) return;
    event.preventDefault();
    keys[key]();
  });
}

// What stands in the address survives a reload and can be sent to somebody: `begin` is what was found there, `note()` writes `hash()`,
// `heard(hash)` is called where a reader wrote another. Of several in one document only the first has it.
function addressed(root, hash, heard) {
  if (document.querySelector(".page") !== root) return { begin: "", note: () => {} };
  let due = null, known = location.hash;
  addEventListener("hashchange", () => heard(known = location.hash));
  const write = () => {
    if (location.protocol === "about:") return; // a frame in a notebook has no address
    if (location.hash !== known) return; // the reader has just written another, which is about to be heard
    history.replaceState(history.state, "", Object.assign(new URL(location.href), { hash: hash() }));
    known = location.hash;
  };
  return { begin: location.hash, note: () => { // not at every step of a quick hand: browsers allow a hundred in half a minute
    clearTimeout(due);
    due = setTimeout(write, 150);
  } };
}
