"""A differentiable search spelled out: the plain network, a double loop, Adam and the Hessian as formulas."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.data.batches import training_batches
from fsnas.data.dataset import Dataset
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.seeding import derive, generator
from fsnas.training.recipe import Recipe
from tests.reference.plain import learning, plain_network
from tests.reference.training import CPU, clipped, learning_rate
from tests.reference.training import step as step_of_weights

LR, DECAY, BETAS = 3e-4, 1e-3, (0.5, 0.999)


def softmax(parameters: Tensor, space: np.ndarray) -> Tensor:
    """Row by row, over what is enabled."""
    rows = []
    for row, enabled in zip(parameters, space.tolist(), strict=True):
        raised = [value.exp() if on else value * 0 for value, on in zip(row, enabled, strict=True)]
        rows.append(torch.stack([one / sum(raised) for one in raised]))
    return torch.stack(rows)


def plain(network: Supernet, gates: Tensor):
    return learning(plain_network(GatedSupernet(network, gates.detach().numpy())), gates)


def loss_of(network: Supernet, gates: Tensor, images: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The mean loss, and the weights it depends on."""
    of = plain(network, gates)
    return F.cross_entropy(of(images.to(network.stem.weight.dtype)), labels), of.named()


def second_order(
    network: Supernet,
    parameters: Tensor,
    space: np.ndarray,
    train: tuple[Tensor, Tensor],
    valid: tuple[Tensor, Tensor],
    recipe: Recipe,
    velocity: dict[str, Tensor],
    lr: float,
) -> Tensor:
    """Equation 7 of DARTS: d L_val / d alpha at w' less ``lr`` times the Hessian-vector product with d L_val / d w'.

    Not its finite difference (equation 8): of a few images one may lie at the bend of a ReLU, where that jumps.
    """

    def gradients(weights: dict[str, Tensor], batch, leaf: Tensor) -> dict[str, Tensor]:
        """By name, of the loss with these weights; those of the parameters, too."""
        other = network.space.network(network.sub_space, vars(network.size), classes=4, in_channels=1, seed=0).double()
        other.load_state_dict(weights)
        loss, named = loss_of(other, softmax(leaf, space), *batch)
        found = torch.autograd.grad(loss, [leaf, *named.values()], create_graph=True, allow_unused=True)
        of = zip(("parameters", *named), (leaf, *named.values()), found, strict=True)
        return {name: torch.zeros_like(to) if one is None else one for name, to, one in of}

    weights = {name: weight.detach() for name, weight in network.named_parameters()}
    leaf = parameters.detach().clone().requires_grad_()
    of_train = gradients(weights, train, leaf)
    moved = {
        name: weight
        - lr * (of_train[name].detach() + recipe.weight_decay * weight + recipe.momentum * velocity.get(name, 0.0))
        for name, weight in weights.items()
    }
    of_valid = gradients(moved, valid, parameters.detach().clone().requires_grad_())
    product = sum((of_train[name] * of_valid[name].detach()).sum() for name in weights)
    return of_valid["parameters"].detach() - lr * torch.autograd.grad(product, leaf)[0]


def search(network: Supernet, dataset: Dataset, recipe: Recipe, *, seed: int, order: int) -> list[Tensor]:
    """DARTS: train ``network`` (float64) in place and return the parameters after every step."""
    space, velocity, found = network.sub_space, {}, []
    drawn = 1e-3 * generator(seed, "architecture parameters").standard_normal(space.shape)
    parameters = torch.from_numpy(np.where(space, drawn, 0.0))
    mean, square, steps = torch.zeros_like(parameters), torch.zeros_like(parameters), 0
    how = {"batch_size": recipe.batch_size, "crop_padding": recipe.crop_padding, "flip": recipe.flip, "device": CPU}
    for epoch in range(recipe.epochs):
        lr = learning_rate(recipe, epoch)
        for_weights = training_batches(dataset, epoch_seed=derive(seed, "epoch", epoch), **how)
        validating = itertools.chain.from_iterable(
            training_batches(dataset, epoch_seed=derive(seed, "architecture epoch", epoch, i), part="valid", **how)
            for i in itertools.count()
        )
        for train in for_weights:
            valid = next(validating)
            if order == 1:
                leaf = parameters.clone().requires_grad_()
                loss, _ = loss_of(network, softmax(leaf, space), *valid)
                loss.backward()
                gradient = leaf.grad
            else:
                gradient = second_order(network, parameters, space, train, valid, recipe, velocity, lr)
            gradient, steps = gradient + DECAY * parameters, steps + 1
            mean = BETAS[0] * mean + (1 - BETAS[0]) * gradient
            square = BETAS[1] * square + (1 - BETAS[1]) * gradient**2
            corrected = mean / (1 - BETAS[0] ** steps), square / (1 - BETAS[1] ** steps)
            parameters = parameters - LR * corrected[0] / (corrected[1].sqrt() + 1e-8)
            loss, named = loss_of(network, softmax(parameters, space), *train)
            loss.backward()
            gradients = {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in named.items()}
            with torch.no_grad():
                step_of_weights(network, clipped(gradients, recipe.grad_clip), velocity, recipe, lr)
            found.append(parameters)
    return found
