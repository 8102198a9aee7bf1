"""Slow, obvious twins of the metrics, one function per metric, on the plain network."""

import copy
import hashlib
import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.supernet import GatedSupernet
from tests.reference.plain import PlainCell, PlainNetwork, cell_convolutions, plain_network, weights_of


def _network(model: GatedSupernet | nn.Module) -> nn.Module:
    """The plain network of a supernet; of another one a copy that uses the batch's statistics and drops nothing."""
    if isinstance(model, GatedSupernet):
        return plain_network(model)
    network = copy.deepcopy(model).train()
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return network


def _layers(network: nn.Module) -> dict[str, Tensor]:
    """The weights of the convolutions and linear layers, without BatchNorm and biases."""
    return {n: m.weight for n, m in network.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}


def _loss_gradients(network: nn.Module, batch: ScoringBatch) -> dict[str, Tensor]:
    """The gradient of the loss for every convolution and the classifier; zero where the loss does not see it."""
    network.zero_grad()
    F.cross_entropy(network(batch.images), batch.labels).backward()
    return {
        name: torch.zeros_like(weight) if weight.grad is None else weight.grad.clone()
        for name, weight in _layers(network).items()
    }


def gm(models: list[GatedSupernet], edge: int, batch: ScoringBatch) -> np.ndarray:
    vectors = []
    for model in models:
        vector: list[float] = []
        plain = plain_network(model)
        for name, grad in sorted(_loss_gradients(plain, batch).items()):
            if plain.is_compared(name, edge):
                vector += grad.flatten().tolist()
        vectors.append(np.array(vector))
    cosines = np.full((len(models), len(models)), np.nan)
    for i, a in enumerate(vectors):
        for j, b in enumerate(vectors):
            if a.any() and b.any():
                cosines[i, j] = np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b))
    return cosines


def lid(models: list[GatedSupernet], edge: int, batch: ScoringBatch, *, neighbours: int = 20) -> np.ndarray:
    """The features are taken from the modules of cells and reductions of the plain network."""
    profiles = [[local_dimension(x, neighbours) for x in _features(model, batch.images)] for model in models]
    similarities = np.zeros((len(models), len(models)))
    for i, a in enumerate(profiles):
        for j, b in enumerate(profiles):
            similarities[i, j] = 1 / (1 + math.sqrt(sum((p - q) ** 2 for p, q in zip(a, b, strict=True))))
    return similarities


def local_dimension(features: Tensor, neighbours: int) -> float:
    points, each = [x.flatten().double().numpy() for x in features], []
    for n, x in enumerate(points):
        others = [other for m, other in enumerate(points) if m != n]
        distances = sorted(math.sqrt(((x - other) ** 2).sum()) for other in others)[:neighbours]
        if distances[0] == 0:
            each.append(0.0)
        elif distances[0] == distances[-1]:
            each.append(math.inf)
        else:
            each.append(-len(distances) / sum(math.log(r / distances[-1]) for r in distances))
    return sum(each) / len(each)


def _features(model: GatedSupernet, images: Tensor) -> list[Tensor]:
    network, found = plain_network(model), []
    for module in network.modules():
        if isinstance(module, network.passes_on):
            module.register_forward_hook(lambda module, inputs, output: found.append(output))
    with torch.no_grad():
        network(images)
    return found


def gradnorm(model: GatedSupernet | nn.Module, batch: ScoringBatch) -> float:
    total = 0.0
    for grad in _loss_gradients(_network(model), batch).values():
        total += math.sqrt(sum(g * g for g in grad.flatten().tolist()))
    return total


def snip(model: GatedSupernet | nn.Module, batch: ScoringBatch) -> float:
    network, total = _network(model), 0.0
    for name, grad in _loss_gradients(network, batch).items():
        weight = _layers(network)[name]
        total += sum(abs(w * g) for w, g in zip(weight.flatten().tolist(), grad.flatten().tolist(), strict=True))
    return total


def grasp(model: GatedSupernet | nn.Module, batch: ScoringBatch, *, temperature: float = 1.0) -> float:
    """The product H g from `torch.autograd.functional.hvp`; `hessian` below builds H itself for one tiny network."""
    network = _network(model)
    layers = _layers(network)
    names = {id(parameter): name for name, parameter in network.named_parameters()}

    def loss(*weights: Tensor) -> Tensor:
        values = {names[id(layer)]: weight for layer, weight in zip(layers.values(), weights, strict=True)}
        return F.cross_entropy(torch.func.functional_call(network, values, batch.images) / temperature, batch.labels)

    weights = tuple(weight.detach() for weight in layers.values())
    gradient = torch.autograd.functional.vjp(loss, weights)[1]
    _, products = torch.autograd.functional.hvp(loss, weights, gradient)
    return sum(-(weight * product).sum().item() for weight, product in zip(weights, products, strict=True))


def hessian(network: PlainNetwork, batch: ScoringBatch) -> tuple[Tensor, Tensor, Tensor]:
    """The weights, the gradient and the full Hessian of the loss: ``[p]``, ``[p]``, ``[p, p]``, row by row."""
    layers = list(network.layers().values())
    loss = F.cross_entropy(network(batch.images), batch.labels)
    grads = torch.autograd.grad(loss, layers, create_graph=True)
    gradient = torch.cat([grad.flatten() for grad in grads])
    rows = []
    for entry in gradient:
        row = torch.autograd.grad(entry, layers, retain_graph=True, materialize_grads=True)
        rows.append(torch.cat([part.flatten() for part in row]))
    return torch.cat([layer.detach().flatten() for layer in layers]), gradient.detach(), torch.stack(rows)


def synflow(model: GatedSupernet | nn.Module, batch: ScoringBatch, *, raw: bool = False) -> float:
    network = _network(model).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.abs())
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    weights = _layers(network)
    network(torch.ones(1, *batch.images.shape[1:], dtype=torch.float64)).sum().backward()
    total = sum((p * p.grad).abs().sum().item() for p in weights.values() if p.grad is not None)
    if raw:
        return total
    return math.log(total) if total > 0 else -math.inf


def jacobcov(model: GatedSupernet | nn.Module, batch: ScoringBatch) -> float:
    network = _network(model)
    rows = []
    for n in range(len(batch.images)):
        images = batch.images.clone().requires_grad_()
        network(images).sum().backward()
        rows.append(images.grad[n].flatten().double().numpy())
    if any(np.ptp(row) == 0 for row in rows):
        return math.nan
    total = 0.0
    for v in np.linalg.eigvalsh(np.corrcoef(np.stack(rows))):
        total += math.log(v + 1e-5) + 1 / (v + 1e-5)
    return -total


def ntk(model: GatedSupernet | nn.Module, batch: ScoringBatch, *, samples: int = 0, raw: bool = False) -> float:
    network = _network(model).double()
    images = batch.images[: samples or len(batch.images)].double()
    rows = []
    for n in range(len(images)):
        network.zero_grad()
        network(images)[n].sum().backward()
        grads = [torch.zeros_like(w) if w.grad is None else w.grad for w in _layers(network).values()]
        rows.append(torch.cat([grad.flatten() for grad in grads]).numpy())
    kernel = np.array([[np.dot(a, b) for a in rows] for b in rows])
    values = np.linalg.eigvalsh(kernel)
    condition = values[-1] / values[0] if values[0] > 0 else math.inf
    return condition if raw else math.log(condition)


def _codes(network: nn.Module, images: Tensor) -> list[np.ndarray]:
    """Which units are on, ``[b, units]`` for every ReLU module of ``network``."""
    codes = []

    def hook(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        codes.append((output > 0).flatten(1).numpy())

    handles = [m.register_forward_hook(hook) for m in network.modules() if isinstance(m, nn.ReLU)]
    with torch.no_grad():
        network(images)
    for handle in handles:
        handle.remove()
    return codes


class _ThinNetwork(nn.Module):
    def __init__(self, model: GatedSupernet, drawn: nn.Module) -> None:
        super().__init__()
        self.cell = PlainCell(1, model.gates, space=model.network.space)
        self.bn = nn.BatchNorm2d(1, affine=False, track_running_stats=False)
        self.relu = nn.ReLU()
        values = dict(drawn.named_parameters())
        for key, module in cell_convolutions(self.cell).items():
            for name, weight in weights_of(key, module).items():
                weight.data = values[name].detach().clone()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.cell(x)))


def lr(model: GatedSupernet, batch: ScoringBatch, *, samples: int = 3000, batch_size: int = 1000) -> float:
    digest = hashlib.sha256(f"{batch.seed}/lr".encode()).digest()
    network = _ThinNetwork(model, model.network.space.thin_network(int.from_bytes(digest[:8], "big") >> 1)).double()
    crops, patterns = batch.draw_crops(samples, batch.seed).double(), set()
    for start in range(0, samples, batch_size):
        codes = _codes(network, crops[start : start + batch_size])
        for n in range(len(codes[0])):
            patterns.add(tuple(bool(unit) for code in codes for unit in code[n]))
    return float(len(patterns))


def naswot(model: GatedSupernet | nn.Module, batch: ScoringBatch) -> float:
    codes = _codes(_network(model), batch.images)
    kernel = np.zeros((len(batch.images), len(batch.images)))
    for code in codes:
        for i, a in enumerate(code):
            for j, b in enumerate(code):
                kernel[i, j] += (a == b).sum()
    return float(np.linalg.slogdet(kernel)[1])


def fisher(model: GatedSupernet | nn.Module, batch: ScoringBatch) -> float:
    network = _network(model)
    outputs: list[tuple[nn.Module, Tensor]] = []

    def hook(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        output.retain_grad()
        outputs.append((module, output))

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(hook)
    F.cross_entropy(network(batch.images), batch.labels).backward()
    total = 0.0
    for module, output in outputs:
        for channel in range(output.shape[1]):
            squares = []
            for n in range(len(batch.images)):
                grad = torch.zeros(()) if output.grad is None else output.grad[n, channel]
                squares.append((output[n, channel] * grad).sum().item() ** 2)
            total += 0.5 * np.mean(squares) * module.weight[channel].numel()
    return float(total)


def params(model: GatedSupernet, batch: ScoringBatch) -> float:
    return float(sum(p.numel() for p in plain_network(model, affine=True).parameters()))


def flops(model: GatedSupernet, batch: ScoringBatch) -> float:
    return float(multiply_adds(plain_network(model, affine=True), batch.images[:1]))


def multiply_adds(network: nn.Module, image: Tensor) -> int:
    """Those of the convolutions and linear layers that run for ``image [1, c, h, w]``, and biases, where counted."""
    found = []

    def hook(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        each = module.weight[0].numel() + (network.counts_bias and module.bias is not None)
        found.append(output.numel() * each)

    handles = [m.register_forward_hook(hook) for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    with torch.no_grad():
        network(image)
    for handle in handles:
        handle.remove()
    return sum(found)


def random(model: GatedSupernet, batch: ScoringBatch) -> float:
    enabled = (model.gates != 0).tobytes().hex()
    digest = hashlib.sha256(f"{batch.seed}/random/{enabled}".encode()).digest()
    return float(np.random.default_rng(int.from_bytes(digest[:8], "big") >> 1).random())
