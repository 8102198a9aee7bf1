"""Correlations of zero-cost proxies that others published."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Published:
    """Spearman correlations of metrics with the accuracy on NAS-Bench-201, CIFAR-10, as somebody published them.

    Attributes
    ----------
    citation
        Authors, title and venue.
    where
        Table or figure, and in which words of the source the numbers stand.
    short
        What a table prints beside the number.
    architectures
        How many the correlation is over.
    signed
        Whether the sign is that of the correlation. Otherwise it may be its absolute value, as in the authors' code.
    seen
        Where we read the numbers.
    spearman
        By metric of fsnas; the source's own names are in ``names`` where they differ.
    """

    citation: str
    where: str
    short: str
    architectures: int
    signed: bool
    seen: str
    spearman: Mapping[str, float]
    names: Mapping[str, str] = field(default_factory=dict)


_ZERO_COST = (
    "Mohamed S. Abdelfattah, Abhinav Mehrotra, Lukasz Dudziak, Nicholas D. Lane: Zero-Cost Proxies for Lightweight "
    "NAS. International Conference on Learning Representations (ICLR) 2021, arXiv:2101.08134"
)


_ZERO_COST_NAMES = {"gradnorm": "grad_norm", "jacobcov": "jacob_cov"}


PUBLISHED: dict[str, Published] = {
    "abdelfattah2021": Published(
        citation=_ZERO_COST,
        where="Table 1, row CIFAR-10: Spearman's rho of zero-cost proxies on NAS-Bench-201",
        short="Abdelfattah et al. 2021, Table 1, as quoted by Akhauri et al. 2022",
        architectures=15625,
        signed=False,
        seen="Quoted, not seen in the paper itself: all six as the row of these proxies in the Spearman table for "
        "NAS-Bench-201 of Akhauri et al., EZNAS (NeurIPS 2022, arXiv:2209.07413), read in notes on that paper; four of "
        "them (synflow, jacob_cov, snip, grad_norm) also as the published values in the code of a reproduction. The "
        "authors' notebook prints other values for three, see abdelfattah2021_code",
        spearman={
            "gradnorm": 0.58,
            "snip": 0.58,
            "grasp": 0.48,
            "fisher": 0.36,
            "synflow": 0.74,
            "jacobcov": 0.73,
        },
        names=_ZERO_COST_NAMES,
    ),
    "abdelfattah2021_code": Published(
        citation=f"{_ZERO_COST}; code: https://github.com/SamsungLabs/zero-cost-nas",
        where="notebooks/nasbench201_correlations.ipynb (commit ca61347), printed under 'Table 1: Spearman rho of "
        "zero-cost proxies on NAS-Bench-201', row CIFAR10; test accuracy, seed 42",
        short="Abdelfattah et al. 2021, the authors' notebook for Table 1",
        architectures=15625,
        signed=False,
        seen="In the authors' repository itself. The notebook takes the absolute value",
        spearman={
            "gradnorm": 0.594,
            "snip": 0.596,
            "grasp": 0.514,
            "fisher": 0.36,
            "synflow": 0.737,
            "jacobcov": 0.731,
        },
        names=_ZERO_COST_NAMES,
    ),
    "nasbench_suite_zero": Published(
        citation="Arjun Krishnakumar, Colin White, Arber Zela, Renbo Tu, Mahmoud Safari, Frank Hutter: "
        "NAS-Bench-Suite-Zero: Accelerating Research on Zero Cost Proxies. Advances in Neural Information Processing "
        "Systems (NeurIPS) 2022, Datasets and Benchmarks Track, arXiv:2210.03230",
        where="Figure 2 and its full version, Figure 6 (the same numbers), column NB201-CF10: with the validation "
        "accuracy, over 1,000 architectures drawn at random, one batch of 64 images",
        short="Krishnakumar et al. 2022, Figures 2 and 6",
        architectures=1000,
        signed=True,
        seen="In the text of the paper itself (arXiv version 1)",
        spearman={
            "fisher": 0.50,
            "flops": 0.69,
            "gradnorm": 0.58,
            "grasp": 0.51,
            "jacobcov": 0.75,
            "naswot": 0.77,
            "params": 0.72,
            "snip": 0.58,
            "synflow": 0.73,
        },
        names={"gradnorm": "grad_norm", "jacobcov": "jacov", "naswot": "nwot"},
    ),
}
