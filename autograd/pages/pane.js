// The pane: all that is known of what is chosen, and the source, in which a line leads to what it recorded.

let source = { file: null, line: null };

function detailed() {
  const chosen = state.chosen ? partsOf(state.chosen) : [], scroll = panel.scrollTop;
  const [, part] = chosen[0] ?? [];
  panel.replaceChildren(...part ? aboutPart(part, chosen) : aboutAll(), ...sourced(part));
  panel.scrollTop = part ? 0 : scroll;
  const code = panel.querySelector(".source"), line = code?.querySelector(".now") ?? code?.querySelector("[data-line]");
  if (line) code.scrollTop = line.offsetTop - code.clientHeight / 3;
}
const link = part => {
  const button = element("button", titleOf(part));
  button.dataset.to = part.id;
  button.className = "link";
  return button;
};
const row = (name, ...content) => element("div", "", element("dt", name), ...content.map(c => c instanceof Element && c.tagName === "DD" ? c : element("dd", "", c)));
const listed = (...rows) => element("dl", "", ...rows.filter(Boolean));
const many = (parts, most = 8) => {
  const shown = [...new Set(parts)], text = element("dd");
  shown.slice(0, most).forEach((part, i) => text.append(i ? ", " : "", link(part)));
  if (shown.length > most) text.append(` and ${shown.length - most} more`);
  return text;
};

const namesOf = ({ outputs }) => `${outputs.slice(0, 4).map(root => root.called).join(", ")}${outputs.length > 4 ? `, … ${outputs.length - 4} more` : ""}`;

function aboutAll() {
  const side = sides[0], hints = element("p", "Click a module to open it, its title to close it. Rest on anything to see what it was made from, and what carries its gradient.");
  const key = element("p", "", swatch("made", "made from"), swatch("carries", "carries the gradient"));
  key.className = "swatches";
  const rows = sides.map(s => row(sides.length > 1 ? ["before", "after"][s.number] : "graph", `${summaryOf(s)}${s.whole.lines.length ? `, ${s.whole.lines.at(-1)}` : ""}`));
  const differing = sides.length > 1 ? [row("differs", side.whole.differs || "nothing differs")] : [];
  return [element("h2", namesOf(side)), hints, key, listed(...rows, ...differing)];
}
function swatch(kind, text) {
  const made = element("span", text);
  made.className = kind;
  return made;
}

function aboutPart(part, chosen) {
  const path = element("p"), parents = pathOf(part).slice(1, -1);
  path.className = "path";
  parents.forEach((g, i) => path.append(i ? " › " : "", link(g)));
  const only = element("button", state.alone ? "All it depends on" : "Its edges alone");
  only.dataset.do = "alone";
  only.title = "e";
  const body = chosen.flatMap(([side, p]) => [
    ...chosen.length > 1 ? [element("h3", ["before", "after"][side.number])] : sides.length > 1 ? [element("h3", `only ${["before", "after"][side.number]}`)] : [],
    ...p.group ? aboutGroup(p) : aboutNode(side, p),
  ]);
  return [element("h2", titleOf(part)), ...parents.length ? [path] : [], ...part.differs ? [Object.assign(element("p", `≠ ${part.differs}`), { className: "differs" })] : [], ...body, only];
}
function aboutGroup(g) {
  return [listed(g.lines.length && row("shape", ...g.lines), ...g.told.map(saidRow))];
}
const saidRow = line => {
  const [name, ...rest] = line.split(": ");
  return rest.length ? row(name, rest.join(": ")) : row("", line);
};
function aboutNode(side, n) {
  const args = n.args.filter(a => a !== null).map(a => side.nodes[a]);
  const rows = [
    n.op !== undefined && row("formula", formula(`${n.term} = ${formulaOf(side, n, side.formulas[n.formula])}`)),
    n.value !== undefined && row("value", String(n.value).replace("-", "−")),
    n.grad !== undefined && n.needs && row("gradient", String(n.grad).replace("-", "−")),
    ...(n.told ?? []).map(saidRow),
    ...n.args.map((a, i) => a !== null && n.rules[i] !== null && row(`into ${side.nodes[a].term}`, formula(formulaOf(side, n, side.formulas[n.rules[i]]) + product(n, i)))),
    args.length && row("made from", many(args)),
    n.users.length && row("used by", many(n.users.map(([user]) => user))),
  ];
  return [listed(...rows), ...(n.pictures ?? []).map(([uri, width, height, kind, words]) => {
    const image = Object.assign(new Image(), { src: uri, alt: words, title: words, width: Math.round(width * 2.5), height: Math.round(height * 2.5), className: kind });
    return element("figure", "", image, element("figcaption", words));
  })];
}
const product = (n, i) => n.slopes && n.slopes[i] !== null && n.grad !== undefined
  ? ` = ${bracketed(number(n.grad))} · ${bracketed(number(n.slopes[i]))} = ${number(Number(n.grad) * Number(n.slopes[i]))}` : "";
const formula = text => Object.assign(element("dd", text), { className: "formula" });

// The source: files of which lines were recorded. A line that recorded something is a button that lights it.
function sourced(part) {
  const side = sides.find(s => s.files.length);
  if (!side) return [];
  if (part && !part.group && part.at) source = { file: part.at[0], line: part.at[1] };
  const { name, text } = side.files[source.file ?? 0], recorded = new Map();
  for (const n of side.nodes) if (n.at?.[0] === (source.file ?? 0)) recorded.set(n.at[1], [...recorded.get(n.at[1]) ?? [], n]);
  const code = element("ol", "", ...text.split("\n").map((line, i) => {
    const nodes = recorded.get(i + 1), made = element("li", "", nodes ? Object.assign(element("button", line || " "), { title: `${nodes.length} recorded here` }) : element("span", line || " "));
    made.className = "line";
    if (nodes) made.dataset.line = i + 1;
    made.classList.toggle("now", Boolean(part?.at) && part.at[1] === i + 1 && part.at[0] === (source.file ?? 0));
    return made;
  }));
  const heading = element("h3", name);
  if (side.files.length > 1) {
    const choice = element("select", "", ...side.files.map((file, i) => Object.assign(element("option", file.name), { value: i, selected: i === (source.file ?? 0) })));
    choice.setAttribute("aria-label", "File");
    choice.addEventListener("change", () => { source = { file: Number(choice.value), line: null }; detailed(); });
    heading.replaceChildren(choice);
  }
  code.className = "source";
  if (!text) return [heading, element("p", "The text of this file is not at hand, or longer than a page holds.")];
  return [heading, code];
}

panel.addEventListener("click", event => {
  const to = event.target.closest("[data-to]"), line = event.target.closest("[data-line]");
  if (to) choose(to.dataset.to);
  else if (line) lineLit(Number(line.dataset.line));
});
function lineLit(line) {
  const file = source.file ?? 0, nodes = side => new Set(side.nodes.filter(n => n.at?.[0] === file && n.at[1] === line));
  const first = [...nodes(sides[0])][0];
  state.chosen = null;
  state.lit = null;
  state.line = { nodes, say: `line ${line} recorded ${[...nodes(sides[0])].map(n => n.called).slice(0, 8).join(", ")}` };
  for (const item of panel.querySelectorAll(".line")) item.classList.toggle("now", item.dataset.line === String(line));
  light();
  if (first) reveal(first.id);
}
