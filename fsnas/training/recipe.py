"""How a supernet is trained."""

from dataclasses import dataclass
from typing import Literal, get_args

Sampling = Literal["superposition", "uniform", "fair"]
SAMPLINGS = get_args(Sampling)


@dataclass(frozen=True)
class Recipe:
    """How a supernet is trained.

    Attributes
    ----------
    sampling
        ``superposition`` trains the mixture (equation 2); ``uniform`` one operation an edge and step (SPOS,
        Guo et al. 2020); ``fair`` one step on paths that together use every operation once an edge (FairNAS,
        Chu et al. 2021).
    mixing
        ``mean`` or ``sum``: the gates of the mixture.
    epochs, batch_size, lr, momentum, weight_decay, grad_clip
        Of SGD with Nesterov momentum, cosine schedule over the epochs, gradient norm clipped.
    crop_padding, flip
        Augmentation of the training images.
    valid_batches
        Batches of the validation part evaluated after each epoch; 0 for all.
    """

    sampling: Sampling = "superposition"
    mixing: str = "mean"
    epochs: int = 200
    batch_size: int = 128
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    grad_clip: float = 5.0
    crop_padding: int = 4
    flip: bool = True
    valid_batches: int = 0
