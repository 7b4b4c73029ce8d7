// Draws what can be seen of a side: a box for each node or closed module, frames for open ones, edges between them. Elements are kept
// from picture to picture, so that what stays glides to its new place.

const LINE = 13, INK = "#1f2430";
const brush = document.createElement("canvas").getContext("2d");
const wide = (text, bold = false) => {
  brush.font = `${bold ? 600 : 400} 11px Helvetica, Arial, sans-serif`;
  return brush.measureText(text).width;
};
const cut = (text, most = 34) => text.length > most ? `${text.slice(0, most - 12)}…${text.slice(-11)}` : text;

// What stands in a box: lines of text, each with its class.
function labelOf(side, part, by) {
  const lines = [];
  const paint = part.paints?.[by];
  if (part.group) {
    lines.push(["name", cut(part.title || "the graph", 44)], ...part.lines.map(text => ["", text]));
    const results = side.outputs.filter(root => part.nodes.includes(root) && root.value !== undefined);
    if (results.length) lines.push(["", `${results.slice(0, 3).map(root => `${root.called} = ${number(root.value)}`).join(", ")}${results.length > 3 ? ", …" : ""}`]);
  } else {
    const named = part.name && cut(part.name); // what formulas and the list call it, and where they say v7, what it is called besides
    lines.push(["name", !named ? part.term : part.mentioned && part.term !== part.name ? `${part.term} = ${named}` : named]);
    if (part.shape) lines.push(["", part.shape]);
    if (part.value !== undefined) lines.push(["", crossed(part.value)]);
    if (part.grad !== undefined && part.needs) lines.push(["grad", `grad ${crossed(part.grad)}`]);
  }
  for (const text of paint?.[2] ?? []) lines.push([text.startsWith("grad") ? "grad" : "", text]);
  if (part.differs) lines.push(["differs", `≠ ${part.differs}`]);
  return lines;
}

function lookOf(looks, tones, part, by) {
  const kind = part.group ? (part.layer ? "layer" : "module") : part.kind;
  const [tone, mark] = part.paints?.[by] ?? [null, ""];
  let [fill, stroke, cue] = looks[kind];
  if (tone !== null) fill = tones[tone + 10];
  if (mark) [fill, stroke, cue] = looks[mark];
  return { fill, stroke, dash: cue.includes("dashed") ? "5 3" : cue.includes("dotted") ? "2 3" : "", double: kind === "output" || mark === "wrong", round: part.group, toned: tone !== null || mark !== "" };
}

// A box as a drawing, with its size: of a result, the operation stands in a circle before it, joined to it.
function boxOf(side, part, { by, down, looks, tones }) {
  const lines = labelOf(side, part, by), { fill, stroke, dash, double, round, toned } = lookOf(looks, tones, part, by);
  const stack = part.kind === "repeat" || part.kind === "piece" ? 4 : 0;
  const width = Math.ceil(Math.max(26, ...lines.map(([kind, text]) => wide(text, kind === "name" || kind === "grad"))) + (part.group ? 30 : 16) + (double ? 6 : 0));
  const height = Math.max(26, lines.length * LINE + 11 + (double ? 6 : 0));
  const sign = part.op === undefined ? "" : cut(part.op, 28), long = sign.length > 2;
  const [pillWide, pillHigh] = sign ? [long ? wide(sign) + 16 : 24, 24] : [0, 0];
  const joint = sign ? 7 : 0;
  const whole = down ? { width: Math.max(width, pillWide), height: height + pillHigh + joint } : { width: width + pillWide + joint, height: Math.max(height, pillHigh) };
  const x = down ? (whole.width - width) / 2 : pillWide + joint, y = down ? pillHigh + joint : (whole.height - height) / 2;
  const shapes = [];
  if (sign) {
    const [px, py] = down ? [(whole.width - pillWide) / 2, 0] : [0, (whole.height - pillHigh) / 2];
    const [cx, cy] = [px + pillWide / 2, py + pillHigh / 2];
    const gradient = ["gradient", "second"].includes(part.kind) ? looks[part.kind] : looks.operation;
    shapes.push(
      drawn("path", { d: down ? `M${cx} ${pillHigh}V${y}` : `M${pillWide} ${cy}H${x}`, stroke: looks.middle[1], class: "joint" }),
      drawn("rect", { x: px, y: py, width: pillWide, height: pillHigh, rx: 12, fill: gradient[0], stroke: gradient[1] }),
      drawn("text", { x: cx, y: cy + 4, fill: INK, class: "sign" }, sign),
    );
  }
  const outline = (inset, more) => drawn("rect", { x: x + inset, y: y + inset, width: width - 2 * inset, height: height - 2 * inset, rx: round ? 7 : 2, stroke, "stroke-dasharray": dash, ...more });
  if (stack) shapes.push(outline(0, { transform: `translate(${stack} ${stack})`, fill, class: "behind" }));
  shapes.push(outline(0, { fill, class: "outline" }));
  if (double) shapes.push(outline(3, { fill: "none" }));
  if (part.group) shapes.push(drawn("path", { d: `M${x + 9} ${y + height / 2 - 4}l5 4l-5 4z`, fill: stroke }));
  const top = y + (height - lines.length * LINE) / 2 + 10;
  lines.forEach(([kind, text], i) => shapes.push(drawn("text", { x: x + width / 2 + (part.group ? 6 : 0), y: top + i * LINE, fill: INK, class: `${kind}${toned && kind === "grad" ? " toned" : ""}` }, text)));
  return { ...whole, width: whole.width + stack, height: whole.height + stack, shapes };
}

// The frame of an open module, `width` and `height` large, with its title as a handle.
function frameOf(part, width, height, [fill, stroke]) {
  const text = part.differs ? `${part.title} · ≠ ${part.differs}` : part.title, title = cut(text, 64);
  return [
    drawn("rect", { width, height, rx: 9, fill, stroke, class: "outline" }),
    drawn("g", { class: "title" },
      drawn("rect", { x: 4, y: 4, width: wide(title, true) + 27, height: 18, rx: 5, fill }),
      drawn("path", { d: "M10 10.5h8l-4 5z", fill: "#5b6270" }),
      drawn("text", { x: 23, y: 17, fill: INK, class: "name" }, title)),
  ];
}
// The title again, over the edges that pass there; what is done with it is done with the frame.
function titleOver(frame) {
  const made = drawn("g", { class: "over", "data-id": frame.dataset.id, transform: frame.getAttribute("transform"), "aria-hidden": "true" });
  made.append(frame.querySelector(".title").cloneNode(true));
  return made;
}
const frameWidth = part => wide(cut(part.differs ? `${part.title} · ≠ ${part.differs}` : part.title, 64), true) + 44;

// A route as a line that leaves and arrives along the flow, and the arrow at its end.
function lineOf(points, down) {
  const at = ([along, across]) => down ? `${across.toFixed(1)} ${along.toFixed(1)}` : `${along.toFixed(1)} ${across.toFixed(1)}`;
  const first = points[0], end = points.at(-1); // beside them, what is too near to them bends nothing
  const rest = points.slice(1).filter((p, i) => i === points.length - 2 || (p[0] > first[0] + 0.5 && p[0] < end[0] - 6));
  let path = `M${at(first)}`, before = first;
  for (const [i, point] of rest.entries()) {
    const last = i === rest.length - 1, to = last ? [point[0] - 5, point[1]] : point;
    const half = (to[0] - before[0]) / 2, bend = Math.max(half, 4);
    path += Math.abs(to[1] - before[1]) < 0.5 && half >= 0 ? `L${at(to)}` : `C${at([before[0] + bend, before[1]])} ${at([to[0] - bend, to[1]])} ${at(to)}`;
    before = to;
  }
  const head = [[end[0] - 7, end[1] - 3.2], end, [end[0] - 7, end[1] + 3.2]];
  return [path, `M${head.map(at).join("L")}z`];
}
