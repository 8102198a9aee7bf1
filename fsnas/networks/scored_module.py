"""Any PyTorch network as metrics see one: they score it without a search space."""

import copy
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, NoReturn

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from fsnas.errors import FsnasError
from fsnas.networks.forward import ForwardHook, Layer


class ScoredModule:
    """A copy of a network of `nn.Module` with what a metric asks of a `fsnas.networks.supernet.GatedSupernet`.

    BatchNorm has the statistics of the batch, and there is no dropout. Layers are the modules of convolutions and
    `nn.Linear`; a ReLU is seen where it is an `nn.ReLU`. One that is only a call of `F.relu` is not.

    Attributes
    ----------
    module
        The copy.
    named
        Its parameters by name.
    """

    stays_positive = False  # nobody says so of it

    def __init__(self, module: nn.Module) -> None:
        self.module = copy.deepcopy(module).eval()
        for norm in self._each(_BatchNorm).values():
            norm.running_mean = norm.running_var = norm.num_batches_tracked = None
            norm.track_running_stats = False
        self.module.requires_grad_(True)  # a frozen network is scored as any other
        self.named = dict(self.module.named_parameters())

    def _each(self, kind: type[nn.Module]) -> dict[str, Any]:
        return {name: module for name, module in self.module.named_modules() if isinstance(module, kind)}

    def _layers(self) -> dict[str, nn.Module]:
        return self._each(_ConvNd) | self._each(nn.Linear)

    def layers(self, keep: Callable[[Layer], bool] | None = None) -> dict[str, nn.Parameter]:
        """Return the weights of convolutions and linear layers by name, in the order of the parameters."""
        if keep is not None:
            raise self._refused("edges")
        names = {f"{name}.weight".removeprefix(".") for name in self._layers()}
        return {name: weight for name, weight in self.named.items() if name in names}

    def __call__(self, x: Tensor, *, hook: ForwardHook | None = None, **how: Any) -> Tensor:
        """Return the logits of ``x``, shown to ``hook``."""
        return self._watched(hook or ForwardHook(), lambda: self.module(x), **how)

    def with_weights(self, weights: Mapping[str, Tensor], x: Tensor, **how: Any) -> Tensor:
        """Return the logits of ``x`` with all parameters taken from ``weights`` (by name, any dtype)."""
        run = torch.func.functional_call
        return self._watched(ForwardHook(), lambda: run(self.module, dict(weights), (x,)), **how)

    def _watched(
        self, hook: ForwardHook, run: Callable[[], Tensor], *, batch_norm: str = "batch", channels_last: bool = True
    ) -> Tensor:
        """Run a pass with hooks of PyTorch, without BatchNorm where it is ``none``. The order of memory stays."""
        if type(hook).features is not ForwardHook.features:
            raise self._refused("features")

        def shown(name: str) -> Callable[..., Tensor]:
            def see(module: nn.Module, given: Any, output: Tensor) -> Tensor:
                hook.layer(output, [f"{name}.weight".removeprefix(".")])
                return output.clone()  # a ReLU in place after it leaves the one that was seen as it is

            return see

        with ExitStack() as hooks:
            for name, layer in self._layers().items() if type(hook).layer is not ForwardHook.layer else ():
                hooks.callback(layer.register_forward_hook(shown(name)).remove)
            for relu in self._each(nn.ReLU).values():
                hooks.callback(relu.register_forward_pre_hook(lambda module, given: hook.relu(given[0], 1)).remove)
            for norm in self._each(_BatchNorm).values() if batch_norm == "none" else ():
                hooks.callback(delattr, norm, "forward")
                norm.forward = lambda x: x
            return run()

    def __getattr__(self, name: str) -> NoReturn:
        raise self._refused(name) if name in ("network", "gates", "active") else AttributeError(name)

    def _refused(self, wanted: str) -> FsnasError:
        return FsnasError(
            f"this metric asks for the {wanted} of a supernet, which a plain {type(self.module).__name__} has not; "
            "score a network of a search space: fsnas.spaces.load(...).network(...)"
        )
