"""The passes of a training step, forward and backward; on a card that of the mixture is recorded and repeated.

A card works off the kernels of a step faster than Python asks for them. A CUDA graph asks for all of them at once: the
same kernels in the same order, and so the same bits.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.networks.forward import ForwardContext
from fsnas.networks.supernet import Supernet


class Passes:
    """Called with a batch and how it runs, it adds the gradients of the mean cross-entropy to those of a network."""

    def __init__(self, network: Supernet) -> None:
        self.network = network

    def __call__(self, images: Tensor, labels: Tensor, context: ForwardContext) -> Tensor:
        """Return the summed loss and the correct answers: float64 ``[2]``, on the device."""
        logits = self.network(images, context)
        F.cross_entropy(logits, labels).backward()
        return loss_and_correct(logits, labels)


class RecordedPass(Passes):
    """One pass a step, with the same gates and batches of one size: recorded on a card when it is first called.

    A network of a user's own that cannot be recorded, since it reads numbers back from the card, goes on without, and
    a line to ``progress`` says so.
    """

    def __init__(self, network: Supernet, progress: Callable[[str], None]) -> None:
        super().__init__(network)
        self.progress = progress
        self.replay: Callable[[], None] | None = None
        self.asked = False

    def __call__(self, images: Tensor, labels: Tensor, context: ForwardContext) -> Tensor:
        """Return the same as `Passes`. No weight may have a gradient before."""
        if not self.asked:
            self._record(images.clone(), labels.clone(), context)
        if self.replay is None:
            return super().__call__(images, labels, context)
        for recorded, given in zip(self.batch, (images, labels), strict=True):
            recorded.copy_(given)
        self.replay()
        for parameter, gradient in self.gradients:
            parameter.grad = gradient
        return self.found.clone()

    def _record(self, images: Tensor, labels: Tensor, context: ForwardContext) -> None:
        self.asked, self.batch = True, (images, labels)
        aside, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # what is made at a first pass cannot be recorded
            super().__call__(images, labels, context)
        torch.cuda.current_stream().wait_stream(aside)
        self._forget()
        try:
            with torch.cuda.graph(graph):
                self.found = super().__call__(images, labels, context)
        except RuntimeError as error:
            self._forget()
            self.progress(f"this network cannot be recorded as a CUDA graph, its steps take longer: {error}")
            return
        self.gradients = [(p, p.grad) for p in self.network.named.values() if p.grad is not None]
        self.replay = graph.replay

    def _forget(self) -> None:
        for parameter in self.network.named.values():
            parameter.grad = None


@torch.no_grad()
def loss_and_correct(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the summed cross-entropy and the correct answers: float64 ``[2]``, on the device."""
    loss = F.cross_entropy(logits, labels, reduction="sum")
    return torch.stack([loss.double(), (logits.argmax(1) == labels).sum().double()])
