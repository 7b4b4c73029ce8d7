// A layered layout of boxes in frames, made anew whenever one opens or closes. The same input gives the same picture.
//
// A frame is laid out for itself, and in the frame around it counts as one box. What leads in or out of it passes a port on its side.
// Below, `along` is the direction in which the graph flows and `across` the other one; only at the very end they become x and y.

const GAP = { rank: 34, port: 14, box: 16, lane: 9, sweeps: 10 };

// `root` is { boxes: [...] }, a box { id, along, across, boxes?, pad? }: one with `boxes` of its own is a frame, which has its own size
// and keeps `pad` = { before, after, above, below } free around them, is at least `least` long and `broad` wide, and has no port nearer than `clear`
// to its corner, where its title is. `edges` are { from, to }, ids of boxes that are no frames;
// `light` are those that need not be straight. Returns the size of all, `places` (id → { along, across, length, breadth }) and for each
// edge its `routes`: `points` [along, across], from box to box, and whether it `leaps` over others.
function arranged(root, edges) {
  const paths = new Map(); // of each box, all frames around it, the outermost first
  (function walk(frame, path) {
    for (const box of frame.boxes) {
      paths.set(box.id, [...path, box]);
      if (box.boxes) walk(box, [...path, box]);
    }
  })(root, [root]);

  // Each edge gives one connection in each frame that it passes. `net` is what flows along it: the box that it begins at.
  const inside = new Map();
  const connect = (frame, from, to, net, light) => {
    if (!inside.has(frame)) inside.set(frame, new Map());
    const key = `${from} ${to} ${net}`, known = inside.get(frame).get(key);
    inside.get(frame).set(key, { from, to, net, light: light && (known?.light ?? true) });
  };
  for (const { from, to, light } of edges) {
    const source = paths.get(from), target = paths.get(to);
    let common = 0;
    while (source[common] === target[common]) common++;
    connect(source[common - 1], source[common].id, target[common].id, from, light);
    for (let k = common; k < source.length - 1; k++) connect(source[k], source[k + 1].id, "out", from, light);
    for (let k = common; k < target.length - 1; k++) connect(target[k], "in", target[k + 1].id, from, light);
  }

  const places = new Map();
  const whole = frameLaidOut(root, inside);
  (function place(laid, along, across) {
    for (const [id, at] of laid.at) {
      places.set(id, { along: along + at.along, across: across + at.across, length: at.length, breadth: at.breadth });
      if (at.laid) place(at.laid, along + at.along, across + at.across);
    }
  })(whole, 0, 0);

  const routes = edges.map(({ from, to }) => {
    const source = paths.get(from), target = paths.get(to), points = [];
    let common = 0;
    while (source[common] === target[common]) common++;
    const pass = (frame, a, b) => {
      const corner = places.get(frame.id) ?? { along: 0, across: 0 }, { points: some, leaps } = (frame.laid ?? whole).routes.get(`${a} ${b} ${from}`);
      for (const [along, across] of some) points.push([corner.along + along, corner.across + across]);
      return leaps;
    };
    let leaps = false;
    for (let k = source.length - 2; k >= common; k--) leaps = pass(source[k], source[k + 1].id, "out") || leaps;
    leaps = pass(source[common - 1], source[common].id, target[common].id) || leaps;
    for (let k = common; k < target.length - 1; k++) leaps = pass(target[k], "in", target[k + 1].id) || leaps;
    return { points, leaps };
  });
  return { length: whole.length, breadth: whole.breadth, places, routes };
}

// One frame: where its boxes stand in it, where its ports are, how its connections run.
function frameLaidOut(frame, inside) {
  const pad = frame.pad ?? { before: 0, after: 0, above: 0, below: 0, least: 0, broad: 0, clear: 0 };
  const connections = [...inside.get(frame)?.values() ?? []];
  const vertices = [], byName = new Map();
  const vertex = (name, length, breadth, more) => {
    const made = { name, length, breadth, rank: 0, order: 0, across: 0, ins: [], outs: [], entry: () => breadth / 2, exit: () => breadth / 2, ...more };
    vertices.push(made);
    byName.set(name, made);
    return made;
  };
  for (const c of connections) if (c.from === "in" && !byName.has(`in ${c.net}`)) vertex(`in ${c.net}`, 0, 0, { port: "in", net: c.net });
  for (const box of frame.boxes) {
    const laid = box.boxes ? (box.laid = frameLaidOut(box, inside)) : null;
    const ports = laid && { entry: net => laid.entries.get(net), exit: net => laid.exits.get(net) };
    vertex(box.id, laid?.length ?? box.along, laid?.breadth ?? box.across, { box, laid, ...ports });
  }
  for (const c of connections) if (c.to === "out" && !byName.has(`out ${c.net}`)) vertex(`out ${c.net}`, 0, 0, { port: "out", net: c.net });
  for (const c of connections) {
    c.tail = byName.get(c.from === "in" ? `in ${c.net}` : c.from);
    c.head = byName.get(c.to === "out" ? `out ${c.net}` : c.to);
  }

  const forward = ranked(vertices, connections);
  const ranks = withLanes(vertices, forward);
  ordered(ranks);
  aligned(ranks);

  // Along: each rank is as long as its longest box.
  let along = pad.before;
  const starts = ranks.map((rank, r) => {
    const start = along, long = Math.max(0, ...rank.map(v => v.length));
    for (const v of rank) v.along = start + (long - v.length) / (v.ins.length || v.lane ? 2 : 1); // what begins here, near to where it is used
    along += long + (r + 1 < ranks.length ? (long && ranks[r + 1].some(v => v.length) ? GAP.rank : GAP.port) : 0);
    return { start, end: start + long };
  });
  const length = Math.max(along + pad.after, pad.least);
  const used = vertices.concat(ranks.flat().filter(v => v.lane));
  const low = Math.min(...used.map(v => v.across)), high = Math.max(...used.map(v => v.across + v.breadth));
  const wish = Math.max(0, (pad.broad - (high - low + pad.above + pad.below)) / 2); // in the middle of a frame that its title makes wider
  const first = Math.min(...vertices.filter(v => v.port === "in").map(v => v.across - low + pad.above));
  const shift = Math.max(wish, first < Infinity ? pad.clear - first : 0);
  for (const v of used) v.across += pad.above + shift - low;
  const breadth = Math.max(high - low + pad.above + shift + pad.below, pad.broad);

  const at = new Map(vertices.filter(v => v.box).map(v => [v.name, { along: v.along, across: v.across, length: v.length, breadth: v.breadth, laid: v.laid }]));
  const routes = new Map();
  for (const c of connections) {
    const begin = c.tail.port ? [0, c.tail.across] : [c.tail.along + c.tail.length, c.tail.across + c.tail.exit(c.net)];
    const end = c.head.port ? [length, c.head.across] : [c.head.along, c.head.across + c.head.entry(c.net)];
    const between = (c.lanes ?? []).flatMap(v => [[starts[v.rank].start, v.across + v.breadth / 2], [starts[v.rank].end, v.across + v.breadth / 2]]);
    if (c.lanes) { // beside the others of its rank it runs straight
      between.unshift([starts[c.tail.rank].end, begin[1]]);
      between.push([starts[c.head.rank].start, end[1]]);
    }
    routes.set(`${c.from} ${c.to} ${c.net}`, { points: [begin, ...between, end], leaps: Boolean(c.lanes?.length) });
  }
  const ports = kind => new Map(vertices.filter(v => v.port === kind).map(v => [v.net, v.across]));
  return { length, breadth, at, routes, entries: ports("in"), exits: ports("out") };
}

// Ranks by the longest path. What has nothing before it, as a parameter, stands just before its first use. Returns the connections that
// run forward; others, of which there are some only where two calls of modules use each other's results, count for nothing.
function ranked(vertices, connections) {
  const place = new Map(vertices.map((v, i) => [v, i]));
  const outs = new Map(vertices.map(v => [v, []])), missing = new Map(vertices.map(v => [v, 0]));
  for (const c of connections) if (c.tail !== c.head) {
    outs.get(c.tail).push(c);
    missing.set(c.head, missing.get(c.head) + 1);
  }
  const waiting = new Set(vertices), forward = [];
  let ready = vertices.filter(v => !missing.get(v));
  while (waiting.size) {
    const v = ready.length ? ready.shift() : [...waiting].reduce((a, b) => place.get(a) < place.get(b) ? a : b);
    if (!waiting.delete(v)) continue;
    for (const c of outs.get(v)) if (waiting.has(c.head)) {
      forward.push(c);
      c.head.rank = Math.max(c.head.rank, v.rank + 1);
      missing.set(c.head, missing.get(c.head) - 1);
      if (!missing.get(c.head)) ready.push(c.head);
    }
  }
  const last = Math.max(0, ...vertices.filter(v => v.port !== "out").map(v => v.rank));
  const begun = new Set(forward.map(c => c.head));
  for (const v of vertices) {
    if (v.port === "out") v.rank = last + 1;
    else if (!begun.has(v) && v.port !== "in") v.rank = Math.max(0, Math.min(...forward.filter(c => c.tail === v).map(c => c.head.rank), last + 1) - 1);
  }
  return forward;
}

// A connection over several ranks has a lane in each between; those of one net from one box share it. Fills in who stands beside whom.
function withLanes(vertices, forward) {
  const ranks = [];
  const stand = v => (ranks[v.rank] ??= []).push(v);
  vertices.forEach(stand);
  const lanes = new Map(), runs = new Map(), joined = new Set();
  const join = (a, b, net, weight) => {
    if (joined.has(a) && a.outs.some(e => e.to === b && e.net === net)) return;
    joined.add(a);
    const edge = { from: a, to: b, net, weight };
    a.outs.push(edge);
    b.ins.push(edge);
  };
  for (const c of forward) {
    let at = c.tail;
    c.lanes = [];
    for (let r = c.tail.rank + 1; r < c.head.rank; r++) {
      const run = `${c.tail.name} ${c.net}`, key = `${run} ${r}`;
      if (!lanes.has(key)) {
        if (!runs.has(run)) runs.set(run, []);
        const lane = { name: key, rank: r, length: 0, breadth: GAP.lane, across: 0, ins: [], outs: [], lane: runs.get(run), entry: () => GAP.lane / 2, exit: () => GAP.lane / 2 };
        runs.get(run).push(lane);
        lanes.set(key, lane);
        stand(lane);
      }
      const lane = lanes.get(key);
      join(at, lane, c.net, c.light ? 1 : 6);
      c.lanes.push(at = lane);
    }
    join(at, c.head, c.net, c.light ? 0.3 : 4);
  }
  for (let r = 0; r < ranks.length; r++) ranks[r] ??= [];
  return ranks;
}

// The order within each rank: sweeps to the mean place of the neighbours, of which the one with the fewest crossings stays.
function ordered(ranks) {
  const number = () => ranks.forEach(rank => rank.forEach((v, i) => { v.order = i; }));
  const middle = (v, edges, end) => edges.length ? edges.reduce((sum, e) => sum + e[end].order + portShare(e, end), 0) / edges.length : v.order;
  number();
  let best = ranks.map(rank => [...rank]), fewest = crossings(ranks);
  for (let sweep = 0; sweep < GAP.sweeps && fewest; sweep++) {
    const down = sweep % 2 === 0;
    for (const rank of down ? ranks.slice(1) : ranks.slice(0, -1).reverse()) {
      const wanted = new Map(rank.map(v => [v, down ? middle(v, v.ins, "from") : middle(v, v.outs, "to")]));
      rank.sort((a, b) => wanted.get(a) - wanted.get(b) || a.order - b.order);
      rank.forEach((v, i) => { v.order = i; });
    }
    const now = crossings(ranks);
    if (now < fewest) [best, fewest] = [ranks.map(rank => [...rank]), now];
  }
  best.forEach((rank, r) => { ranks[r] = rank; });
  number();
}

// Where along the side of a frame an edge begins or ends, as a share: ports of one frame are neighbours in an order of their own.
function portShare(edge, end) {
  const v = edge[end];
  return v.breadth ? ((end === "from" ? v.exit(edge.net) : v.entry(edge.net)) ?? v.breadth / 2) / v.breadth - 0.5 : 0;
}

function crossings(ranks) {
  let count = 0;
  for (const rank of ranks) {
    const edges = rank.flatMap(v => v.outs.map(e => [v.order + portShare(e, "from"), e.to.order + portShare(e, "to")]));
    if (edges.length > 600) continue; // nobody would see one less
    for (let i = 0; i < edges.length; i++) for (let k = 0; k < i; k++)
      count += (edges[i][0] - edges[k][0]) * (edges[i][1] - edges[k][1]) < 0;
  }
  return count;
}

// Places across: each where its neighbours would have it, as far as the others of its rank leave room.
function aligned(ranks) {
  for (const rank of ranks) {
    let across = 0;
    for (const v of rank) {
      v.across = across;
      across += v.breadth + GAP.box;
    }
  }
  const pull = (v, edges, end) => edges.map(e => {
    const other = e[end];
    const there = end === "from" ? other.across + other.exit(e.net) : other.across + other.entry(e.net);
    return [there - (end === "from" ? v.entry(e.net) : v.exit(e.net)), e.weight, Boolean(other.lane)];
  });
  const last = 2 * GAP.sweeps; // which goes with the flow, so that what follows from one thing alone stands straight after it
  for (let sweep = 0; sweep <= last; sweep++) {
    const down = sweep % 2 === 0, both = sweep >= GAP.sweeps && sweep < last;
    const straight = new Map();
    for (const v of ranks.flat()) if (v.lane && !straight.has(v.lane)) {
      const ends = v.lane.flatMap(l => [...pull(l, l.ins, "from"), ...pull(l, l.outs, "to")].map(([x]) => x));
      straight.set(v.lane, ends.reduce((a, b) => a + b, 0) / ends.length);
    }
    for (const rank of down ? ranks : [...ranks].reverse()) {
      const wanted = rank.map(v => {
        if (v.lane) return [straight.get(v.lane), sweep < last ? 8 : 0.001]; // at last boxes stand straight, and lanes keep out of their way
        const all = [...down || both ? pull(v, v.ins, "from") : [], ...!down || both ? pull(v, v.outs, "to") : []];
        const strong = all.filter(([, weight]) => weight >= 1), near = strong.filter(([, , lane]) => !lane);
        const pulls = sweep === last && near.length ? near : strong.length ? strong : all; // parameters and skips follow, and draw nobody aside
        const weight = pulls.reduce((sum, [, w]) => sum + w, 0);
        return weight ? [pulls.reduce((sum, [x, w]) => sum + x * w, 0) / weight, weight] : [v.across, 0.01];
      });
      spread(rank, wanted);
    }
  }
  straightened(ranks);
}

// Long connections as straight as what stands beside them allows: along each stretch in which one place is free in all ranks.
function straightened(ranks) {
  const runs = new Set(ranks.flat().filter(v => v.lane).map(v => v.lane));
  for (const run of runs) {
    let stretch = [], low = -Infinity, high = Infinity;
    const end = () => {
      const mean = stretch.reduce((sum, v) => sum + v.across, 0) / stretch.length;
      for (const v of stretch) v.across = Math.min(Math.max(mean, low), high);
    };
    for (const v of run) {
      const rank = ranks[v.rank], before = rank[v.order - 1], after = rank[v.order + 1];
      const from = before ? before.across + before.breadth + (before.lane ? GAP.lane : GAP.box) : -Infinity;
      const to = after ? after.across - v.breadth - (after.lane ? GAP.lane : GAP.box) : Infinity;
      if (stretch.length && Math.max(low, from) > Math.min(high, to)) {
        end();
        [stretch, low, high] = [[], -Infinity, Infinity];
      }
      stretch.push(v);
      [low, high] = [Math.max(low, from), Math.min(high, to)];
    }
    if (stretch.length) end();
  }
}

// The places nearest to the `wanted` ones (by weighted squares) in which no two overlap: neighbours that would are moved as one block.
function spread(rank, wanted) {
  const blocks = [];
  let offset = 0;
  rank.forEach((v, i) => {
    const [place, weight] = wanted[i];
    blocks.push({ sum: (place - offset) * weight, weight, members: [[v, offset]] });
    offset += v.breadth + (v.lane && rank[i + 1]?.lane ? GAP.lane : GAP.box);
    for (let last = blocks.length - 1; last > 0; last--) {
      const [a, b] = [blocks[last - 1], blocks[last]];
      if (a.sum / a.weight <= b.sum / b.weight) break;
      a.sum += b.sum;
      a.weight += b.weight;
      a.members.push(...b.members);
      blocks.pop();
    }
  });
  for (const { sum, weight, members } of blocks) for (const [v, offset] of members) v.across = sum / weight + offset;
}
