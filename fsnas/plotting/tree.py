"""One split tree, drawn from the root at the left to the leaves at the right."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from fsnas.plotting.style import colour, heading, notes, sheet, styled, text_size

SIZE = 8.5  # points
PAD = 0.07  # inches between a text and its box
GAP = 0.16  # inches between two rows, and between a line and a text
MARGIN = 0.2  # inches around the tree
PLAIN, TIED, DEGENERATE, LEAF = "#FFFFFF", "#FFF3C4", "#F7D0C4", "#EEF3F7"


@dataclass
class _Box:
    """A node or leaf: its text, the branch into it, where it stands (inches), and its children."""

    path: str
    text: str
    fill: str
    branch: str = ""
    children: list["_Box"] = field(default_factory=list)
    level: int = 0
    row: float = 0.0

    def every(self) -> list["_Box"]:
        return [self, *(box for child in self.children for box in child.every())]


@styled
def tree_figure(tree: Mapping[str, Any], *, caption: str) -> Figure:
    """Draw a split tree: every split with its edge, cost and marks, every branch with its operations, every leaf.

    The size follows from the texts, so that none is cut off and none covers another.

    Parameters
    ----------
    tree
        The content of ``tree.json``: ``method, metric, seed``, ``nodes`` (``path, edge, groups, cost, runner_up,
        ties, edge_ties, degenerate, children``) and ``leaves``, by path the space ``{edge: [operations]}``.
    caption
        Written below the tree.
    """
    root = _boxes(tree)
    boxes = root.every()
    _place(root)
    sizes = {box.path: text_size(box.text, SIZE) for box in boxes}
    branches = {box.path: text_size(box.branch, SIZE) for box in boxes if box.branch}
    step = max(
        *(sizes[box.path][1] / (2 if box.children else 1) for box in boxes), *(h for _, h in branches.values()), 0.3
    )
    step += 2 * PAD + GAP
    columns, labels, right = _columns(boxes, sizes, branches)
    ends = [(box.row * step, max(sizes[box.path][1] / 2 + PAD, branches.get(box.path, (0, 0))[1] / 2)) for box in boxes]
    top, bottom = min(y - half for y, half in ends), max(y + half for y, half in ends)
    width, height = right + MARGIN, bottom - top + 2 * MARGIN
    title = f"Split tree of {tree['method']}, seed {tree['seed']}"
    if tree["method"] != tree["metric"]:
        title += f" (metric {tree['metric']})"
    least = text_size(title, 11, "bold")[0] + 2 * MARGIN
    figure = sheet(max(width, least, 4.6), height + 0.4, caption, notes([tree["metric"]]))
    heading(figure, title)
    figure.set_layout_engine("none")
    total = figure.get_figheight()
    below = total - height - 0.4
    axes = figure.add_axes((0, below / total, width / figure.get_figwidth(), height / total))
    axes.set(xlim=(0, width), ylim=(bottom + MARGIN, top - MARGIN))
    axes.set_axis_off()
    for box in boxes:
        _draw(axes, box, columns, labels, sizes, branches, step, colour(tree["metric"]))
    return figure


def _boxes(tree: Mapping[str, Any]) -> _Box:
    """Return the root's box with all that hangs below it."""
    splits = {node["path"]: node for node in tree["nodes"]}

    def build(path: str, level: int, branch: str) -> _Box:
        if path not in splits:
            return _Box(path, _leaf_text(path, tree["leaves"][path]), LEAF, branch, [], level)
        node = splits[path]
        pairs = zip(node["children"], node["groups"], strict=True)
        children = [build(child, level + 1, "\n".join(group)) for child, group in pairs]
        return _Box(path, _split_text(node), _fill(node), branch, children, level)

    return build("root", 0, "")


def _split_text(node: Mapping[str, Any]) -> str:
    runner_up = "none" if node["runner_up"] is None else f"{node['runner_up']:.4g}"
    marks = [
        f"tie 1 of {node['ties']}" if node["ties"] > 1 else "",
        f"edge tie 1 of {node['edge_ties']}" if node.get("edge_ties", 1) > 1 else "",
        "degenerate" if node["degenerate"] else "",
    ]
    lines = [f"{node['path']}: edge {node['edge']}", f"cost {node['cost']:.4g}", f"runner-up {runner_up}"]
    return "\n".join([*lines, *filter(None, marks)])


def _leaf_text(path: str, space: Mapping[str, list[str]]) -> str:
    count = math.prod(len(operations) for operations in space.values())
    return f"{path}: not split\n{count:,} architectures" if path == "root" else f"leaf {path}\n{count:,} architectures"


def _fill(node: Mapping[str, Any]) -> str:
    if node["degenerate"]:
        return DEGENERATE
    return TIED if max(node["ties"], node.get("edge_ties", 1)) > 1 else PLAIN


def _place(root: _Box) -> None:
    """Give every leaf a row of its own and every node the middle of its children."""
    leaves = (box for box in root.every() if not box.children)
    for row, box in enumerate(leaves):
        box.row = row
    for box in reversed(root.every()):
        if box.children:
            box.row = (box.children[0].row + box.children[-1].row) / 2


def _columns(boxes: list[_Box], sizes: dict, branches: Mapping) -> tuple[list[float], list[float], float]:
    """Return the left sides of the boxes and of the branch texts of every level, and the right end, in inches.

    All boxes of a level get the width of the widest one.
    """
    lefts, texts, x = [], [], MARGIN
    for level in range(max(box.level for box in boxes) + 1):
        here = [box for box in boxes if box.level == level]
        if level:
            texts.append(x + 2 * GAP)
            x = texts[-1] + max(branches[box.path][0] for box in here) + 2 * GAP
        else:
            texts.append(x)
        lefts.append(x)
        widest = max(sizes[box.path][0] for box in here)
        sizes.update({box.path: (widest, sizes[box.path][1]) for box in here})
        x += widest + 2 * PAD
    return lefts, texts, x


def _draw(
    axes: Axes,
    box: _Box,
    columns: list[float],
    labels: list[float],
    sizes: Mapping,
    branches: Mapping,
    step: float,
    edge_colour: str,
) -> None:
    """Draw one box and the branches that leave it."""
    width, height = sizes[box.path]
    left, y = columns[box.level], box.row * step
    axes.add_patch(
        FancyBboxPatch(
            (left + PAD, y - height / 2),
            width,
            height,
            boxstyle=f"round,pad={PAD},rounding_size={PAD}",
            facecolor=box.fill,
            edgecolor=edge_colour if box.children else "#888888",
            linewidth=1.4 if box.children else 0.8,
            linestyle="--" if box.fill == DEGENERATE else "-",
            gid=f"box:{box.path}",
        )
    )
    axes.text(left + PAD, y, box.text, size=SIZE, ha="left", va="center", gid=f"text:{box.path}")
    trunk = columns[box.level] + width + 2 * PAD + GAP
    for child in box.children:
        child_left, child_y = columns[child.level], child.row * step
        start = labels[child.level]
        axes.plot([trunk - GAP, trunk, trunk, start - 0.05], [y, y, child_y, child_y], color="#666666", linewidth=1)
        axes.text(start, child_y, child.branch, size=SIZE, va="center", color="#222222", gid=f"branch:{child.path}")
        end = start + branches[child.path][0] + 0.05
        axes.annotate("", (child_left, child_y), (end, child_y), arrowprops={"arrowstyle": "->", "color": "#666666",
                      "shrinkA": 0, "shrinkB": 0})  # fmt: skip
