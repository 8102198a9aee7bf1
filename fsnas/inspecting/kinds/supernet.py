"""supernet.pt, leaves/{number}.pt: weights, space and training history."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from fsnas.inspecting.comparing import Labelled, by_part
from fsnas.inspecting.opening import Artifact
from fsnas.spaces import SearchSpace, count_architectures, described_space

TITLE = "a trained supernet"
VERSION = 2  # of fsnas.artifacts.checkpoint, which imports torch


def about(artifact: Artifact) -> dict[str, Any]:
    """Return size, data and length of the training."""
    fields = artifact.fields
    return {
        "seed": fields["seed"],
        "dataset": fields["dataset"],
        **fields["network"],
        "epochs": len(fields["record"]["epoch"]),
        "architectures": count_architectures(np.asarray(fields["space"])),
    }


def content(artifact: Artifact) -> dict[str, Any]:
    """Return what the training took, its space, how it went, and the weights by name."""
    fields = artifact.fields
    cost, record, weights = (fields[name] for name in ("cost", "record", "state_dict"))
    return {
        "cost": cost if isinstance(cost, Mapping) else {"unknown": cost},
        "space": {"restricted": restricted(described_space(fields["search_space"]), np.asarray(fields["space"]))},
        "training": {
            **{name: values[-1] for name, values in record.items() if values},
            "history": [dict(zip(record, row, strict=True)) for row in zip(*record.values(), strict=True)],
        },
        "weights": {
            "numbers": sum(array.size for array in weights.values()),
            "tensors": {name: {"shape": list(a.shape), "type": str(a.dtype)} for name, a in weights.items()},
        },
    }


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return where space, history and weights differ, and most."""
    return by_part(_parts(before), _parts(after), "part")


def restricted(space: SearchSpace, mask: np.ndarray) -> list[str]:
    """Return the edges that do not hold all operations, and what they hold."""
    held = space.named(mask)
    return [f"{edge}: {' '.join(names)}" for edge, names in held.items() if len(names) < len(space.operations)]


def _parts(artifact: Artifact) -> dict[str, Labelled]:
    fields = artifact.fields
    epochs = {"epoch": fields["record"]["epoch"]}
    space = described_space(fields["search_space"])
    labels = {"edge": space.edges, "operation": space.operations}
    parts = {"space": Labelled(np.asarray(fields["space"]), labels)}
    parts |= {f"history {name}": Labelled(np.array(values), epochs) for name, values in fields["record"].items()}
    return parts | {name: Labelled(array) for name, array in fields["state_dict"].items()}
