"""The fast kernels against PyTorch's own, in float64."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.kernels import BN_EPS, ROWS, _BatchNorm, arranged, average_pool, batch_norm


def drawn(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    """Of mean 1 and standard deviation 2."""
    return 2 * torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype) + 1


def plain(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return F.batch_norm(x, None, None, scale, shift, training=True, eps=BN_EPS)


def own(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return _BatchNorm.apply(x, scale, shift)[0]


def with_gradients(function, *given: Tensor) -> list[Tensor]:
    given = [each.clone().requires_grad_() for each in given]
    output = function(*given)
    seen = drawn(*output.shape, seed=5).to(output.dtype) - 1
    grads = torch.autograd.grad(output, given, seen, retain_graph=True)
    again = torch.autograd.grad(output, given, seen, create_graph=True)  # another formula
    return [output, *grads, *again]


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (5, 2, 3, 4), (2, 1, 1, 1)], ids=str)
def test_batch_norm_is_that_of_pytorch_with_its_gradients(shape):
    given = drawn(*shape), drawn(shape[1], seed=1), drawn(shape[1], seed=2)
    for found, expected in zip(with_gradients(own, *given), with_gradients(plain, *given), strict=True):
        assert torch.allclose(found, expected, rtol=1e-10, atol=1e-10)


def test_batch_norm_has_second_derivatives():
    """grasp takes them."""
    given = [each.requires_grad_() for each in (drawn(3, 2, 3, 4), drawn(2, seed=1), drawn(2, seed=2))]
    assert torch.autograd.gradcheck(own, given)
    assert torch.autograd.gradgradcheck(own, given)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_batch_norm_can_be_vectorised():
    """A user's metric may take gradients per network or per image with torch.func."""
    stack, scale, shift = drawn(4, 3, 2, 3, 4), drawn(2, seed=1), drawn(2, seed=2)

    def slope(function, x: Tensor) -> Tensor:
        return torch.func.grad(lambda x: function(x, scale, shift).pow(3).sum())(x)

    found = torch.func.vmap(lambda x: slope(own, x))(stack)
    assert torch.allclose(found, torch.stack([slope(plain, x) for x in stack]), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("side", [32, 31])
def test_batch_norm_of_many_pixels_is_exact_in_float32(side):
    """PyTorch's own is off by 2e-6 in channels_last, relative to the largest."""
    given = drawn(64, 8, side, side), drawn(8, seed=1), drawn(8, seed=2)
    expected = with_gradients(plain, *given)
    x, scale, shift = (each.float() for each in given)
    found = with_gradients(batch_norm, arranged(x), scale, shift)
    assert arranged(x).is_contiguous(memory_format=torch.channels_last)
    for ours, exact in zip(found, expected, strict=True):
        assert (ours - exact).abs().max() <= 1e-6 * exact.abs().max()


def test_only_large_batches_in_float32_are_channels_last():
    many, few = drawn(ROWS // 4 + 1, 2, 2, 2), drawn(ROWS // 4, 2, 2, 2)
    assert arranged(many.float()).is_contiguous(memory_format=torch.channels_last)
    for x in (many, few.float()):
        assert arranged(x).is_contiguous() and arranged(x) is x


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)], ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (1, 2, 5, 7), (2, 1, 1, 4), (1, 1, 1, 1)], ids=str)
def test_pooling_is_that_of_pytorch_with_its_gradient(shape, dtype, tolerance, order):
    generator = torch.Generator().manual_seed(0)
    x, seen = (torch.randn(shape, dtype=dtype, generator=generator) for _ in range(2))
    x = x.contiguous(memory_format=order)
    found = []
    for pool in (average_pool, lambda x: F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)):
        given = x.clone().requires_grad_()
        output = pool(given)
        output.backward(seen)
        found.append((output, given.grad))
    for ours, plain in zip(*found, strict=True):
        assert torch.allclose(ours, plain, rtol=tolerance, atol=tolerance)
