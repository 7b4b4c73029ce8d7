"""What a reader meets in a picture, measured in its SVG: arrows that cross, texts that are struck, letters at the width of a page."""

import re
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

PAGE = 830  # pixels that a README has for a picture
_SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_T = np.linspace(0, 1, 13)[1:, None]


class Measured(NamedTuple):
    """``crossings`` are pairs of arrows without a common end, ``struck`` texts that an arrow of others runs over, ``letters`` the
    size in pixels of the smallest text at the width of a page; ``boxes`` are the centres by id or title, for comparing renderers."""

    width: float
    height: float
    crossings: int
    struck: list[str]
    letters: float
    boxes: dict[str, tuple[float, float]]


def measured(svg: str | bytes) -> Measured:
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    shift = root.find(f"{_SVG}g").attrib["transform"]  # type: ignore[union-attr]
    dx, dy = map(float, re.findall(r"translate\((\S+) (\S+)\)", shift)[0])
    edges, texts, boxes, smallest = [], [], {}, 1e9
    for group in root.iter(f"{_SVG}g"):
        kind, title = group.get("class"), group.findtext(f"{_SVG}title") or ""
        if kind == "edge":
            path = group.find(f".//{_SVG}path")
            if path is not None:
                edges.append((tuple(re.split("->", title)), _line(path.attrib["d"])))
        elif kind in ("node", "cluster"):
            for text in group.iter(f"{_SVG}text"):
                size, words = float(text.attrib["font-size"]), "".join(text.itertext())
                smallest = min(smallest, size)
                half, x = 0.25 * size * len(words), float(text.attrib["x"])
                x += {"start": half, "end": -half}.get(text.get("text-anchor", ""), 0)
                y = float(text.attrib["y"]) - 0.3 * size
                texts.append((title, words, np.array([x - half, y - 0.35 * size]), np.array([x + half, y + 0.35 * size])))
            if (
                kind == "node"
                and (shape := next((s for s in group.iter() if s.tag in (f"{_SVG}polygon", f"{_SVG}ellipse")), None)) is not None
            ):
                boxes[title] = _centre(shape, dx, dy)
    low, high = (np.array([getattr(line, end)(0) for _, line in edges]).reshape(-1, 2) for end in ("min", "max"))
    near = np.triu(((low[:, None] <= high) & (low <= high[:, None])).all(-1), 1)
    crossings = sum(not set(edges[i][0]) & set(edges[j][0]) and _cross(edges[i][1], edges[j][1]) for i, j in np.argwhere(near))
    struck = [words for owner, words, low, high in texts for ends, line in edges if owner not in ends and _strikes(line, low, high)]
    return Measured(width, height, crossings, struck, smallest * PAGE / width, boxes)


def _centre(shape: ElementTree.Element, dx: float, dy: float) -> tuple[float, float]:
    if "points" not in shape.attrib:
        return float(shape.attrib["cx"]) + dx, float(shape.attrib["cy"]) + dy
    xy = np.array([float(s) for s in _NUMBER.findall(shape.attrib["points"])]).reshape(-1, 2)
    low, high = xy.min(0), xy.max(0)
    return float(low[0] + high[0]) / 2 + dx, float(low[1] + high[1]) / 2 + dy


def _line(d: str) -> np.ndarray:
    """Points on a path of cubic splines, as Graphviz writes them."""
    xy = np.array([float(s) for s in _NUMBER.findall(d)]).reshape(-1, 2)
    points = [xy[:1]]
    for i in range(0, len(xy) - 3, 3):
        p, q, r, s = xy[i : i + 4]
        points.append((1 - _T) ** 3 * p + 3 * _T * (1 - _T) ** 2 * q + 3 * _T**2 * (1 - _T) * r + _T**3 * s)
    return np.concatenate(points)


def _cross(p: np.ndarray, q: np.ndarray) -> bool:
    """Does one line of points pass from one side of the other to the other side?"""

    def sides(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])

    a, b, c, d = p[:-1, None], p[1:, None], q[None, :-1], q[None, 1:]
    return bool(((sides(a, b, c) * sides(a, b, d) < 0) & (sides(c, d, a) * sides(c, d, b) < 0)).any())


def _strikes(line: np.ndarray, low: np.ndarray, high: np.ndarray) -> bool:
    if (line.max(0) < low).any() or (line.min(0) > high).any():
        return False
    finer = line[:-1, None] + (line[1:] - line[:-1])[:, None] * np.linspace(0, 1, 8)[None, :, None]
    return bool(((finer > low) & (finer < high)).all(-1).any())
