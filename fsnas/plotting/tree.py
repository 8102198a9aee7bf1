"""One split tree, drawn from the root at the left to the leaves at the right."""

from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from fsnas.plotting._style import MARGIN, Options, look, lower, points, pt, sheet, styled, text_size, wrapped
from fsnas.spaces import count_architectures
from fsnas.splitting.trees import Split, Tree

SIZE = 8.5  # points
PAD = 0.07  # inches between a text and its box
GAP = 0.16  # inches between two rows, and between a line and a text
INDENT = 0.24  # inches, of a level in an indented list
PLAIN, TIED, DEGENERATE, LEAF = "#FFFFFF", "#FFF3C4", "#F7D0C4", "#EEF3F7"


@dataclass
class _Box:
    """A node or leaf: its text, the branch into it, its children, and where it stands (inches from the top left)."""

    path: str
    text: str
    fill: str
    branch: str = ""
    children: list["_Box"] = field(default_factory=list)
    level: int = 0
    x: float = 0.0  # of its left side
    y: float = 0.0  # of its middle
    size: tuple[float, float] = (0.0, 0.0)  # of its text
    branch_at: tuple[float, float] = (0.0, 0.0)  # left side and middle
    branch_size: tuple[float, float] = (0.0, 0.0)
    indented: bool = False

    def every(self) -> list["_Box"]:
        return [self, *(box for child in self.children for box in child.every())]

    def reach(self) -> float:
        """Return how far the box or its branch reaches above and below its middle."""
        return max(self.size[1] / 2 + PAD, self.branch_size[1] / 2)


@styled
def tree_figure(tree: Tree, *, options: Options) -> Figure:
    """Draw a split tree: every split with its edge, cost and marks, every branch with its operations, every leaf.

    The size follows from the texts, so that none is cut off and none covers another. A tree that is wider than
    ``width`` is drawn as an indented list.
    """
    root = _boxes(tree)
    title = f"Split tree of {tree.method}, seed {tree.seed}"
    if tree.method != tree.metric:
        title += f" (metric {tree.metric})"
    needed, height = _side_by_side(root)
    width = options.width
    if width is None:
        width = max(needed, text_size(title, points("figure.titlesize"), "bold")[0] + 2 * MARGIN, 4.6)
    elif needed > width:
        height = _indented(root, width)
    figure = sheet(options, width, height + 0.4, title)
    below, total = lower(figure), figure.get_figheight()
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, below / total, 1, height / total))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    for box in root.every():
        _draw(axes, box, look(tree.metric).colour)
    return figure


def _boxes(tree: Tree) -> _Box:
    """Return the root's box with all that hangs below it."""
    splits = {split.path: split for split in tree.splits}

    def build(path: str, level: int, branch: str) -> _Box:
        if path not in splits:
            return _Box(path, _leaf_text(path, tree.leaves[path]), LEAF, branch, [], level)
        split = splits[path]
        pairs = zip(split.children, split.groups, strict=True)
        children = [build(child, level + 1, "\n".join(group)) for child, group in pairs]
        return _Box(path, _split_text(split), _fill(split), branch, children, level)

    return build("root", 0, "")


def _split_text(split: Split) -> str:
    runner_up = "none" if split.runner_up is None else f"{split.runner_up:.4g}"
    marks = [
        f"tie 1 of {split.ties}" if split.ties > 1 else "",
        f"edge tie 1 of {split.edge_ties}" if split.edge_ties > 1 else "",
        "degenerate" if split.degenerate else "",
    ]
    lines = [f"{split.path}: edge {split.edge}", f"cost {split.cost:.4g}", f"runner-up {runner_up}"]
    lines += [] if split.clearness is None else [f"clearness {split.clearness:.2f}"]
    return "\n".join([*lines, *filter(None, marks)])


def _leaf_text(path: str, space: np.ndarray) -> str:
    count = f"{count_architectures(space):,} architectures"
    return f"{path}: not split\n{count}" if path == "root" else f"leaf {path}\n{count}"


def _fill(split: Split) -> str:
    if split.degenerate:
        return DEGENERATE
    return TIED if max(split.ties, split.edge_ties) > 1 else PLAIN


def _side_by_side(root: _Box) -> tuple[float, float]:
    """Place the levels side by side, and return width and height.

    Every leaf has a row of its own and every node the middle of its children; all boxes of a level are equally wide.
    """
    boxes = root.every()
    for box in boxes:
        box.size, box.branch_size = text_size(box.text, pt(SIZE)), text_size(box.branch or " ", pt(SIZE))
    step = max(0.3, *(max(box.size[1] / (2 if box.children else 1), box.branch_size[1]) for box in boxes))
    step += 2 * PAD + GAP
    for row, leaf in enumerate(box for box in boxes if not box.children):
        leaf.y = row * step
    for box in reversed(boxes):
        if box.children:
            box.y = (box.children[0].y + box.children[-1].y) / 2
    top = min(box.y - box.reach() for box in boxes) - MARGIN
    x = MARGIN
    for level in range(max(box.level for box in boxes) + 1):
        here = [box for box in boxes if box.level == level]
        if level:
            start = x + 2 * GAP
            x = start + max(box.branch_size[0] for box in here) + 2 * GAP
        widest = max(box.size[0] for box in here)
        for box in here:
            box.x, box.y, box.size = x, box.y - top, (widest, box.size[1])
            box.branch_at = (start, box.y) if level else (x, box.y)
        x += widest + 2 * PAD
    return x + MARGIN, max(box.y + box.reach() for box in boxes) + MARGIN


def _indented(root: _Box, width: float) -> float:
    """Place every box below the one before, children to the right of their node, and return the height."""
    y = MARGIN
    for box in root.every():
        box.x = MARGIN + INDENT * box.level
        room = width - MARGIN - box.x - 2 * PAD
        box.text, box.branch = (wrapped(text.replace("\n", ", "), room, pt(SIZE)) for text in (box.text, box.branch))
        box.size, box.branch_size = text_size(box.text, pt(SIZE)), (0.0, 0.0)
        if box.branch:
            box.branch_size = text_size(box.branch, pt(SIZE))
            box.branch_at = box.x, y + box.branch_size[1] / 2
            y += box.branch_size[1] + PAD
        box.y = y + box.size[1] / 2 + PAD
        box.indented = True
        y += box.size[1] + 2 * PAD + GAP
    return y - GAP + MARGIN


def _draw(axes: Axes, box: _Box, edge_colour: str) -> None:
    """Draw one box and the branches that leave it."""
    width, height = box.size
    axes.add_patch(
        FancyBboxPatch(
            (box.x + PAD, box.y - height / 2),
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
    axes.text(box.x + PAD, box.y, box.text, size=pt(SIZE), ha="left", va="center", gid=f"text:{box.path}")
    trunk = box.x + (INDENT / 2 if box.indented else width + 2 * PAD + GAP)
    for child in box.children:
        start, y = child.branch_at
        if box.indented:
            line, ends = [(trunk, box.y + height / 2 + PAD), (trunk, child.y)], ((child.x, child.y), (trunk, child.y))
        else:
            line = [(trunk - GAP, box.y), (trunk, box.y), (trunk, y), (start - 0.05, y)]
            ends = ((child.x, y), (start + child.branch_size[0] + 0.05, y))
        axes.plot(*zip(*line, strict=True), color="#666666", linewidth=1)
        axes.text(start, y, child.branch, size=pt(SIZE), va="center", color="#222222", gid=f"branch:{child.path}")
        arrow = {"arrowstyle": "->", "color": "#666666", "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", *ends, arrowprops=arrow)
