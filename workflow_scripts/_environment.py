"""The environment that every job computes in. It decides results, so every step counts it as its own code."""

from collections.abc import MutableMapping


def defaults(environment: MutableMapping[str, str]) -> None:
    """Set what libraries read when they are imported: one thread, torch gets its own number later; reproducibility."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        environment.setdefault(f"{library}_NUM_THREADS", "1")
    environment.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # deterministic products on a card
    # Of the deterministic convolutions of a card the faster ones: a step of the mixture takes 34 ms instead of 40.
    environment.setdefault("TORCH_CUDNN_USE_HEURISTIC_MODE_B", "1")
