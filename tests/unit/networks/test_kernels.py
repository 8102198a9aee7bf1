"""The fast kernels against PyTorch's own, in float64."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.networks.kernels import BN_EPS, ROWS, _BatchNorm, arranged, average_pool, batch_norm


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


def ordinary(x: Tensor) -> Tensor:
    return x


def half_constant(x: Tensor) -> Tensor:
    return torch.relu(x - 1) + 0.3


def mostly_constant(x: Tensor) -> Tensor:
    x = x.clone()
    x[:, :, 4:] = 3.3
    return x


def one_pixel(x: Tensor) -> Tensor:
    x = torch.full_like(x, 0.1)
    x[0, :, 0, 0] = 50
    return x


def far_from_zero(x: Tensor) -> Tensor:
    return x + 100


def error(found: list[Tensor], expected: list[Tensor]) -> list[float]:
    """Return the largest errors of output and gradients, relative to their largest values."""
    return [((f - e).abs().max() / e.abs().max()).item() for f, e in zip(found, expected, strict=True)]


@pytest.mark.parametrize("side", [32, 31])
@pytest.mark.parametrize("kind", [ordinary, half_constant, mostly_constant, one_pixel, far_from_zero])
def test_batch_norm_of_many_pixels_is_as_exact_as_pytorch_in_nchw_order(kind, side):
    """Both in float32, against float64. Single draws differ by a few roundings of 6e-8: so three times, or 5e-7."""
    x = kind(drawn(64, 8, side, side)).float()
    scale, shift = drawn(8, seed=1).float(), drawn(8, seed=2).float()
    exact = with_gradients(plain, x.double(), scale.double(), shift.double())
    nchw = error(with_gradients(plain, x, scale, shift), exact)
    assert arranged(x).is_contiguous(memory_format=torch.channels_last)
    for ours, theirs in zip(error(with_gradients(batch_norm, arranged(x), scale, shift), exact), nchw, strict=True):
        assert ours <= max(3 * theirs, 5e-7)


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
