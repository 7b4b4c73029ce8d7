// What the page knows of a graph: its parts (nodes, and groups of them), who was made from whom, and what the chain rule says of a way.

const number = (x, digits = 4) => {
  x = Number(x);
  if (!Number.isFinite(x)) return String(x).replace("Infinity", "inf").replace("-", "−").replace("NaN", "nan");
  const [mantissa, exponent] = x.toPrecision(digits).split("e");
  const [large, small] = [Math.abs(x) >= 10 ** digits, x !== 0 && Math.abs(x) < 1e-4];
  if (exponent === undefined && !large && !small) return String(Number(mantissa)).replace("-", "−");
  const [head, tail] = x.toExponential(digits - 1).split("e");
  return `${Number(head)}e${tail[0]}${tail.slice(1).padStart(2, "0")}`.replaceAll("-", "−"); // as in pictures
};
const crossed = x => `${Number.isFinite(Number(x)) ? "" : "✗ "}${number(x)}`;
const bracketed = text => text.startsWith("−") ? `(${text})` : text;

// One side of the page: `parts` by id are { id, side, node or group, parent, children }. Of two graphs, twins have the same id.
function sideOf(data, number) {
  const id = (row, i, own, other) => number === 0 ? own + i : row.twin === undefined ? other + i : own + row.twin;
  const groups = data.groups.map((row, i) => ({ ...row, index: i, id: id(row, i, "m", "k"), group: true, children: [], nodes: [] }));
  const nodes = data.nodes.map((row, i) => ({ ...row, index: i, id: id(row, i, "v", "w"), users: [] }));
  for (const g of groups) g.parent = groups[g.parent] ?? null;
  for (const n of nodes) {
    n.parent = groups[n.home];
    n.args ??= [];
    n.args.forEach((a, i) => { if (a !== null) nodes[a].users.push([n, i]); });
    for (let g = n.parent; g; g = g.parent) g.nodes.push(n);
  }
  const first = new Map(groups.map(g => [g, g.nodes[0]?.index ?? Infinity]));
  for (const part of [...groups, ...nodes]) part.parent?.children.push(part);
  for (const g of groups) g.children.sort((a, b) => (first.get(a) ?? a.index) - (first.get(b) ?? b.index));
  const side = { ...data, number, nodes, groups, whole: groups[0], outputs: data.roots.map(i => nodes[i]), parts: new Map() };
  for (const part of [...groups, ...nodes]) side.parts.set(part.id, part);
  for (const n of nodes) {
    n.kind ??= "middle";
    n.shape ??= "";
    n.term = n.name && /^(?=.*[^\W\d])[\w.[\],]{1,14}$/u.test(n.name) ? n.name : data.letter + n.index;
    n.called = n.name ?? n.term;
  }
  for (const g of groups) {
    const changed = g.nodes.filter(n => n.differs).length;
    g.differs ??= changed ? `${changed} of ${g.nodes.length} differ` : "";
  }
  return side;
}

const pathOf = part => {
  const path = [part];
  while (path[0].parent) path.unshift(path[0].parent);
  return path;
};
const titleOf = part => part.group ? part.title || "the graph" : part.called;
const nodesOf = part => part.group ? part.nodes : [part];

// The nodes that `part` was made from, and those that carry its gradient: between it and the output.
function kin(side, part) {
  const own = new Set(nodesOf(part)), made = new Set(), carries = new Set();
  const walk = (found, next) => {
    const stack = [...own];
    while (stack.length) for (const other of next(stack.pop())) if (!own.has(other) && !found.has(other)) {
      found.add(other);
      stack.push(other);
    }
  };
  walk(made, n => n.args.filter(a => a !== null).map(a => side.nodes[a]));
  walk(carries, n => n.needs ? n.users.filter(([user, i]) => user.needs && user.rules[i] !== null).map(([user]) => user) : []);
  return { own, made, carries };
}

// What uses one of the nodes, and what they were made from directly.
const nextTo = (side, nodes) => new Set([...nodes].flatMap(n => [...n.users.map(([user]) => user), ...n.args.filter(a => a !== null).map(a => side.nodes[a])]));

// The ways from the output `root` to `n`, each as the slopes that are multiplied along it: at most `most` of them, and how many there are in all.
// Null where they are not known, or not all of them.
function products(side, n, root, most = 300) {
  const count = new Map([[root, 1]]), total = new Map([[root, 1]]), near = new Set([n]), stack = [n];
  while (stack.length) for (const [user] of stack.pop().users) if (!near.has(user)) {
    near.add(user);
    stack.push(user);
  }
  if (!near.has(root)) return null;
  const flows = (user, i) => count.get(user) && user.slopes?.[i] !== undefined && user.slopes[i] !== null;
  const onTheWay = [...near].sort((a, b) => b.index - a.index);
  for (const at of onTheWay) {
    if (at === root) continue;
    let [ways, sum] = [0, 0];
    for (const [user, i] of at.users) {
      if (near.has(user) && user.needs && user.rules[i] !== null && user.slopes?.[i] === undefined) return null; // a way through tensors
      if (!flows(user, i)) continue;
      ways += count.get(user);
      sum += total.get(user) * Number(user.slopes[i]);
    }
    count.set(at, ways);
    total.set(at, sum);
  }
  if (!count.get(n)) return null;
  const found = [], ahead = [{ at: n, slope: 1, before: null }];
  while (ahead.length && found.length < most) {
    const step = ahead.pop();
    if (step.at === root) {
      const factors = [];
      for (let s = step; s.before; s = s.before) factors.push(s.slope);
      found.push(factors);
      continue;
    }
    for (const [user, i] of step.at.users) if (flows(user, i)) ahead.push({ at: user, slope: Number(user.slopes[i]), before: step });
  }
  const size = factors => Math.abs(factors.reduce((a, b) => a * b, 1));
  return { ways: count.get(n), total: total.get(n), paths: found.sort((a, b) => size(b) - size(a)) };
}

// The same in words, of each output that `n` has a part in; of tensors, the shapes along the shortest way.
function productOf(side, n) {
  if (!n.needs || !side.outputs.some(root => root.needs)) return `${n.called}: no gradient flows here`;
  const told = side.outputs.map(root => productFrom(side, n, root)).filter(Boolean);
  if (!told.length) return `${n.called}: no way from the output leads here`;
  return [...told.slice(0, 3), ...told.length > 3 ? [`… and of ${told.length - 3} more outputs`] : []].join("; ");
}
function productFrom(side, n, root) {
  const derivative = `∂${root.called}/∂${n.called}`;
  if (n === root) return `${derivative} = 1: here backward begins`;
  const known = products(side, n, root);
  if (known) {
    const shown = known.paths.slice(0, 3).map(factors => shortened(["1", ...factors.filter(x => x !== 1).map(x => bracketed(number(x)))]).join(" · "));
    const more = known.ways - shown.length, count = more < 1e6 ? more.toLocaleString("en") : number(more);
    const text = `${derivative} = ${shown.join(" + ")}${more ? ` + … ${count} more ${more === 1 ? "way" : "ways"}` : ""}`;
    return shown.length === 1 && shown[0] === number(known.total) ? text : `${text} = ${number(known.total)}`;
  }
  const before = new Map([[n, null]]), queue = [n];
  for (let at; (at = queue.shift());) for (const [user] of at.users) if (user.needs && !before.has(user)) {
    before.set(user, at);
    queue.push(user);
  }
  if (!before.has(root)) return null;
  const way = [];
  for (let at = root; at; at = before.get(at)) way.push(at);
  const told = way.map(at => `${at === root || at === n ? at.called : at.op} ${at.shape}`.trim());
  return `${derivative}: ${shortened(told).join(" ← ")}`;
}

const shortened = texts => texts.length > 9 ? [...texts.slice(0, 4), `… ${texts.length - 8} more …`, ...texts.slice(-4)] : texts;

// A formula in which the names stand that the page knows.
const formulaOf = (side, n, text) => text.replace(/#(\d+)/g, (_, i) => i === "0" ? n.term : side.nodes[n.args[i - 1]]?.term ?? "…");

// What has all the words in its name, operation, shape or path; whole names first.
function searched(side, text) {
  const words = text.toLowerCase().replaceAll("x", "×").split(/\s+/).filter(Boolean);
  const plain = t => t.toLowerCase().replaceAll("x", "×");
  if (!words.length) return [];
  const found = [];
  for (const part of side.parts.values()) {
    if (part === side.whole) continue;
    const own = plain([part.group ? part.title : part.called, part.op ?? "", part.shape ?? "", ...(part.lines ?? [])].join(" "));
    const where = own + " " + plain(pathOf(part).slice(0, -1).map(g => g.title ?? "").join(" "));
    if (words.every(w => where.includes(w))) {
      const names = plain(part.group ? part.title : part.called);
      found.push([names === words.join(" ") ? 0 : words.every(w => names.includes(w)) ? 1 : words.every(w => own.includes(w)) ? 2 : 3, part]);
    }
  }
  return found.sort((a, b) => a[0] - b[0]).map(([, part]) => part);
}
