// What makes a film of numbers alive: numbers as Python writes them, leaves that can be dragged, a step of gradient descent, questions.

// Four significant digits, half to even, as Python's "g" writes them; a true minus sign, no -0.
function number(x, digits = 4) {
  if (x !== x) return "nan";
  if (!x) return "0";
  const sign = x < 0 ? "−" : "";
  x = Math.abs(x);
  if (x === Infinity) return `${sign}inf`;
  let [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  // JavaScript rounds halves up; here is one where all further digits of the exact number are 5, 0, 0, ...
  if (/[13579]$/.test(mantissa) && /^50*$/.test(x.toExponential(100).split("e")[0].replace(".", "").slice(digits)) && Number(`${mantissa}e${exponent}`) > x)
    mantissa = mantissa.slice(0, -1) + (Number(mantissa.at(-1)) - 1);
  const figures = mantissa.replace(".", ""), e = Number(exponent);
  const bare = text => text.includes(".") ? text.replace(/\.?0*$/, "") : text;
  if (e < -4 || e >= digits) return `${sign}${bare(mantissa)}e${e < 0 ? "−" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
  return sign + bare(e < 0 ? `0.${"0".repeat(-e - 1)}${figures}` : `${figures.slice(0, e + 1)}.${figures.slice(e + 1)}`);
}

// A text with numbers in its slots.
function told(text, n) {
  return text.replace(/\ufffe(\(?)(\d+)\uffff/g, (_, bracket, at) => {
    const x = number(n[at]);
    return bracket && x[0] === "−" ? `(${x})` : x;
  });
}

function read(text) { // NaN: no number
  text = text.trim().replaceAll("−", "-").replace(",", ".");
  return /^-?inf$/.test(text) ? Number(text.replace("inf", "Infinity")) : text ? Number(text) : NaN;
}

// How much a small move changes a number: a hundredth of a number of its size.
function unit(x) {
  return 10 ** (Math.max(-3, Number.isFinite(x) && x ? Math.round(Math.log10(Math.abs(x))) : 0) - 2);
}
function moved(x, units, one = unit(x)) { // a whole number of units, so that it is short to write
  return Number(((Math.round((Number.isFinite(x) ? x : 0) / one) + units) * one).toPrecision(12));
}

// The box of a leaf as a handle: drag it, use the arrow keys, or type (Enter, a double click). `set(x)` changes its number.
function handle(part, name, stage, get, set) {
  part.classList.add("leaf");
  for (const [key, value] of Object.entries({ tabindex: 0, role: "spinbutton", "aria-label": name })) part.setAttribute(key, value);
  let from = null;
  part.addEventListener("pointerdown", event => {
    if (event.button) return;
    event.stopPropagation();
    event.preventDefault(); // nothing is selected
    part.setPointerCapture(event.pointerId);
    part.focus({ preventScroll: true });
    from = { at: event.clientX, x: get(), one: unit(get()), units: 0 };
  });
  part.addEventListener("pointermove", event => {
    if (!from) return;
    const units = Math.round((event.clientX - from.at) / 2);
    if (units !== from.units) set(moved(from.x, from.units = units, from.one));
  });
  for (const end of ["pointerup", "pointercancel"]) part.addEventListener(end, () => { from = null; });
  const steps = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
  part.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (Object.hasOwn(steps, event.key)) set(moved(get(), steps[event.key] * (event.shiftKey ? 10 : 1)));
    else if (event.key === "Enter") type();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  part.addEventListener("dblclick", type);
  function type() {
    const input = document.createElement("input"), seen = stage.getBoundingClientRect(), { left, top, width, height } = part.getBoundingClientRect();
    input.className = "typed";
    input.value = String(get());
    input.setAttribute("aria-label", `${name}: a number`);
    Object.assign(input.style, { left: `${left - seen.left}px`, top: `${top - seen.top}px`, width: `${Math.max(84, width)}px`, height: `${height}px` });
    let done = false;
    const end = taken => {
      if (done) return;
      done = true;
      const x = read(input.value);
      input.remove();
      if (taken && (x === x || input.value === "nan")) set(x);
    };
    input.addEventListener("keydown", event => {
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      end(event.key === "Enter");
      part.focus({ preventScroll: true });
    });
    input.addEventListener("pointerdown", event => event.stopPropagation());
    input.addEventListener("blur", () => end(true));
    stage.append(input);
    input.focus();
    input.select();
  }
  return x => { // it says its number
    part.setAttribute("aria-valuenow", String(x));
    part.setAttribute("aria-valuetext", number(x));
  };
}

// The step of gradient descent: leaves that learn go against their gradients. `film` has the numbers `n`, where the output stands
// (`output`), the leaves that `learn` ({ name, at, grad, turn: the lower, the earlier it is shown }) and `set(numbers by place)`.
function descent(root, film, alive) {
  const find = selector => root.querySelector(selector), lab = find(".lab");
  const rate = find(".rate"), along = find(".along"), land = find(".land"), fell = find(".fell"), choices = [find(".across"), find(".up")];
  const { learn } = film, slope = leaf => leaf.grad === null ? 0 : film.n[leaf.grad];
  const eta = () => Number((10 ** rate.value).toPrecision(2));
  const steep = learn.reduce((sum, leaf) => sum + slope(leaf) ** 2, 0), first = 0.5 * Math.abs(film.n[film.output]) / steep;
  rate.value = Number.isFinite(first) && first > 0 ? Math.log10(first) : -1;
  let scratch = null; // the numbers, of which those of the operations are computed again and again
  const loss = changes => { // of other numbers for some leaves
    for (const [at, x] of changes) scratch[at] = x;
    alive.forward(scratch);
    for (const [at] of changes) scratch[at] = film.n[at];
    return scratch[film.output];
  };
  const against = t => learn.map(leaf => [leaf.at, film.n[leaf.at] - t * slope(leaf)]);
  let trail = [], frame = null;

  const order = learn.map((_, i) => i).sort((a, b) => learn[a].turn - learn[b].turn || Math.abs(slope(learn[b])) - Math.abs(slope(learn[a])) || a - b);
  choices.forEach((choice, k) => {
    learn.forEach((leaf, i) => choice.append(new Option(leaf.name, i)));
    choice.value = String(order[k] ?? 0);
    choice.addEventListener("change", () => { frame = null; draw(); });
  });
  if (learn.length < 2) land.parentElement.hidden = true;
  rate.addEventListener("input", draw);
  lab.addEventListener("keydown", event => event.stopPropagation());

  function drawAlong() {
    const step = eta(), count = 60, [w, h, low, high] = [190, 118, 104, 8];
    const ys = Array.from({ length: count + 1 }, (_, i) => loss(against(2 * step * i / count)));
    const finite = ys.filter(Number.isFinite);
    const [least, most] = [Math.min(...finite), Math.max(...finite)], range = most - least || Math.abs(most) || 1;
    const x = t => 8 + (w - 16) * t / (2 * step), y = v => low - (low - high - 14) * (v - least) / range;
    const points = ys.map((v, i) => Number.isFinite(v) ? `${x(2 * step * i / count).toFixed(1)},${y(v).toFixed(1)}` : "");
    const runs = points.join(" ").split(/ {2,}/).map(run => run.trim()).filter(Boolean).map(run => `M${run.replaceAll(" ", " L")}`).join(" ");
    const descends = ys[0] - step * learn.reduce((sum, leaf) => sum + slope(leaf) ** 2, 0);
    const end = y(descends) > low ? step * (low - y(ys[0])) / (y(descends) - y(ys[0])) : step; // the slope ends at the bottom
    const dot = (t, v, kind) => Number.isFinite(v) ? [drawn("circle", { cx: x(t), cy: y(v), r: 4, class: kind })] : [];
    along.setAttribute("viewBox", `0 0 ${w} ${h}`);
    along.replaceChildren(
      drawn("path", { d: `M8,${low} H${w - 8} M${x(step)},${low} V${high}`, class: "axis" }),
      ...(Number.isFinite(descends) ? [drawn("path", { d: `M${x(0)},${y(ys[0])} L${x(end)},${Math.min(low, y(descends))}`, class: "slope" })] : []),
      drawn("path", { d: runs }),
      ...dot(0, ys[0], "here"), ...dot(step, ys[count / 2], "there"),
      drawn("text", { x: 8, y: h - 2 }, "0"), drawn("text", { x: x(step), y: h - 2, "text-anchor": "middle" }, `η = ${number(step, 2)}`),
      drawn("text", { x: w - 8, y: h - 2, "text-anchor": "end" }, "2η"),
      drawn("text", { x: w - 8, y: 10, "text-anchor": "end" }, finite.length ? `${film.name}: ${number(least, 3)} … ${number(most, 3)}` : "not finite"),
    );
    along.setAttribute("aria-label", `${film.name} along the step: from ${number(ys[0])} to ${number(ys[count / 2])} at η = ${number(step, 2)}`);
  }

  function drawLand() {
    const [a, b] = choices.map(choice => learn[choice.value]), { width, height } = land, step = eta();
    const at = [film.n[a.at], film.n[b.at]], g = [slope(a), slope(b)];
    if (!at.every(Number.isFinite)) return land.getContext("2d").clearRect(0, 0, width, height);
    const out = () => frame.middle.some((m, k) => Math.abs(at[k] - m) > .8 * frame.reach * (k ? height / width : 1));
    if (!frame || out()) {
      const jump = Math.max(...g.map(x => Math.abs(x * step)));
      frame = { middle: at, reach: Math.max(1, Number.isFinite(jump) ? Math.min(2 * jump, 1e3) : 1) };
    }
    const cell = Math.max(4, Math.ceil(Math.sqrt(width * height * film.n.length / 4e5))); // of a large graph larger ones, that it stays quick
    const { middle, reach } = frame, scale = width / 2 / reach;
    const px = (x, y) => [width / 2 + (x - middle[0]) * scale, height / 2 - (y - middle[1]) * scale];
    const values = [];
    for (let y = cell / 2; y < height; y += cell) for (let x = cell / 2; x < width; x += cell)
      values.push(a === b ? NaN : loss([[a.at, middle[0] + (x - width / 2) / scale], [b.at, middle[1] - (y - height / 2) / scale]]));
    const sorted = values.filter(Number.isFinite).sort((x, y) => x - y), bands = 9;
    const levels = Array.from({ length: bands - 1 }, (_, k) => sorted[Math.floor(sorted.length * (k + 1) / bands)]);
    const style = getComputedStyle(root), colour = name => style.getPropertyValue(name).trim();
    const rgb = name => [1, 3, 5].map(i => parseInt(colour(name).slice(i, i + 2), 16));
    const [paper, deep] = [rgb("--paper"), rgb("--forward")], context = land.getContext("2d");
    const shades = Array.from({ length: bands }, (_, k) => paper.map((p, c) => Math.round(p + (deep[c] - p) * .75 * (1 - k / (bands - 1)))));
    context.clearRect(0, 0, width, height);
    let i = 0;
    for (let y = 0; y < height; y += cell) for (let x = 0; x < width; x += cell, i++) {
      if (!Number.isFinite(values[i])) continue;
      let band = 0;
      while (values[i] > levels[band]) band++;
      context.fillStyle = `rgb(${shades[band]})`;
      context.fillRect(x, y, cell, cell);
    }
    const line = (points, name, thick) => {
      context.strokeStyle = colour(name);
      context.lineWidth = thick;
      context.beginPath();
      points.forEach(([x, y], k) => k ? context.lineTo(x, y) : context.moveTo(x, y));
      context.stroke();
    };
    const dot = (x, y, r) => { context.fillStyle = colour("--ink"); context.beginPath(); context.arc(x, y, r, 0, 7); context.fill(); };
    const past = trail.map(n => px(n[a.at], n[b.at])), [x, y] = px(...at);
    if (past.length) line([...past, [x, y]], "--ink", 2);
    past.forEach(([x, y]) => dot(x, y, 4));
    const size = Math.hypot(...g);
    if (size > 0 && Number.isFinite(size)) { // as long as the step, but long enough to be seen, and within the picture
      const length = Math.max(36, Math.min(.9 * height, step * size * scale)), [u, v] = [-g[0] / size, g[1] / size];
      const [ex, ey] = [x + u * length, y + v * length];
      line([[x, y], [ex, ey]], "--backward", 5);
      line([[ex - 14 * u + 9 * v, ey - 14 * v - 9 * u], [ex, ey], [ex - 14 * u - 9 * v, ey - 14 * v + 9 * u]], "--backward", 5);
    }
    dot(x, y, 7);
    land.setAttribute("aria-label", `${film.name} over ${a.name} and ${b.name}; the arrow points against the gradient`);
  }

  function draw() {
    find(".eta").textContent = number(eta(), 2);
    if (!lab.offsetParent) return;
    scratch = Float64Array.from(film.n);
    drawAlong();
    if (learn.length > 1) drawLand();
  }
  return {
    draw,
    take() {
      const before = film.n[film.output], steps = against(eta());
      trail.push([...film.n]);
      film.set(steps);
      const after = film.n[film.output];
      const word = after < before ? "fell" : after > before ? "rose: the step is too long" : after === before ? "stays" : "is not finite";
      fell.textContent = `${film.name}: ${number(before)} → ${number(after)}, it ${word}.`;
    },
    forget() {
      trail = [];
      frame = null;
      fell.textContent = "";
    },
  };
}

// What to say of an answer, `x`, where the product is `wanted`; null: it is right, to two digits.
function verdict(x, wanted) {
  if (x === wanted || (wanted !== wanted && x !== x)) return null;
  const one = 10 ** (Math.floor(Math.log10(Math.abs(wanted))) - 1);
  if (wanted && Math.abs(x - wanted) < one) return null;
  if (wanted === 0) return "Not yet: one of the two factors is 0.";
  if (wanted && Math.abs(-x - wanted) < one) return "The size is right, the sign is not: count the minus signs of the two factors.";
  if (Math.abs(x) > Math.abs(wanted)) return "Too large: multiply the gradient that comes from above by the local slope.";
  return "Too small: multiply the gradient that comes from above by the local slope.";
}
