"""The metrics as their authors' code computes them, on the plain cell: what the speed of ours is compared with."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tests.reference.plain import PlainCell, PlainNetwork


def _layers(network: nn.Module) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


def _backward(network: PlainNetwork, images: Tensor, labels: Tensor) -> list[nn.Module]:
    network.zero_grad()
    F.cross_entropy(network(images), labels).backward()
    return [layer for layer in _layers(network) if layer.weight.grad is not None]


def gradnorm(network: PlainNetwork, images: Tensor, labels: Tensor) -> float:
    """zero-cost-nas, `pruners/measures/grad_norm.py`."""
    return sum(layer.weight.grad.norm().item() for layer in _backward(network, images, labels))


def snip(network: PlainNetwork, images: Tensor, labels: Tensor) -> float:
    """zero-cost-nas, `pruners/measures/snip.py`."""
    return sum((layer.weight.grad * layer.weight).abs().sum().item() for layer in _backward(network, images, labels))


def grasp(network: PlainNetwork, images: Tensor, labels: Tensor) -> float:
    """zero-cost-nas, `pruners/measures/grasp.py`: a pass for the gradient, and another for its product."""
    layers = _layers(network)
    weights = [layer.weight for layer in layers]
    network.zero_grad()
    first = torch.autograd.grad(F.cross_entropy(network(images), labels), weights, allow_unused=True)
    second = torch.autograd.grad(
        F.cross_entropy(network(images), labels), weights, create_graph=True, allow_unused=True
    )
    z = sum((f.detach() * s).sum() for f, s in zip(first, second, strict=True) if f is not None)
    z.backward()
    return sum(-(weight * weight.grad).sum().item() for weight in weights if weight.grad is not None)


def synflow(network: PlainNetwork, images: Tensor, labels: Tensor) -> float:
    """zero-cost-nas, `pruners/measures/synflow.py`; the network comes without BatchNorm, in float64."""
    signs = {name: weight.sign() for name, weight in network.state_dict().items()}
    with torch.no_grad():
        for weight in network.state_dict().values():
            weight.abs_()
    network.zero_grad()
    network(torch.ones_like(images[:1])).sum().backward()
    found = [layer.weight * layer.weight.grad for layer in _layers(network) if layer.weight.grad is not None]
    total = sum(part.abs().sum().item() for part in found)
    with torch.no_grad():
        for name, weight in network.state_dict().items():
            weight.mul_(signs[name])
    return math.log(total) if total else -math.inf


def jacobcov(network: PlainNetwork, images: Tensor, labels: Tensor) -> float:
    """zero-cost-nas, `pruners/measures/jacob_cov.py`."""
    network.zero_grad()
    images = images.clone().requires_grad_()
    output = network(images)
    output.backward(torch.ones_like(output))
    values = torch.linalg.eigvalsh(torch.corrcoef(images.grad.flatten(1).double())) + 1e-5
    return -(values.log() + 1 / values).sum().item()


def ntk(network: PlainNetwork, images: Tensor, labels: Tensor) -> float:
    """TE-NAS, `lib/procedures/ntk.py`: one backward pass an image, in float32."""
    rows = []
    logits = network(images)
    for n in range(len(images)):
        network.zero_grad()
        logits[n : n + 1].backward(torch.ones_like(logits[n : n + 1]), retain_graph=True)
        grads = [layer.weight.grad for layer in _layers(network)]
        rows.append(torch.cat([grad.flatten() for grad in grads if grad is not None]).clone())
    grads = torch.stack(rows)
    values = torch.linalg.eigvalsh(torch.einsum("nc,mc->nm", grads, grads))
    low, high = values[0].item(), values[-1].item()
    return math.log(high / low) if low > 0 else math.inf


def gm(network: PlainNetwork, images: Tensor, labels: Tensor) -> Tensor:
    """GM-NAS: the gradient of one perturbed supernet; their cosines cost nothing."""
    return torch.cat([layer.weight.grad.flatten() for layer in _backward(network, images, labels)])


class Thin(nn.Module):
    """TE-NAS's network for linear regions: one cell with one channel, BatchNorm, ReLU."""

    def __init__(self, gates) -> None:
        super().__init__()
        self.cell, self.bn, self.relu = PlainCell(1, gates), nn.BatchNorm2d(1, affine=False), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return the last activations of the crops ``x [b, 1, 3, 3]``."""
        return self.relu(self.bn(self.cell(x)))


def lr(network: Thin, crops: Tensor, batch_size: int = 1000) -> float:
    """TE-NAS, `lib/procedures/linear_region_counter.py`: signs of all pairs of crops by two matrix products."""
    signs: list[Tensor] = []
    rows = []
    hooks = [
        module.register_forward_hook(lambda module, inputs, output: signs.append(output.sign().flatten(1)))
        for module in network.modules()
        if isinstance(module, nn.ReLU)
    ]
    with torch.no_grad():
        for part in crops.split(batch_size):
            signs.clear()
            network(part)
            rows.append(torch.cat(signs, dim=1))
        on = torch.cat(rows)
        differ = on @ (1 - on).T
        same = 1 - (differ + differ.T).sign()
        regions = (1 / same.sum(dim=1)).sum().item()
    for hook in hooks:
        hook.remove()
    return regions
