"""scikit-learn's handwritten digits."""

import numpy as np

from fsnas.data.splits import TEST_SHARE, Images, balanced


def read_digits(seed: int) -> Images:
    """Return scikit-learn's 1,797 handwritten digits as 8x8 images; a seeded sixth of each class is the test part."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.round(bunch.images * (255 / 16)).astype(np.uint8)[:, None]
    labels = bunch.target.astype(np.int64)
    test, _ = balanced(labels, np.arange(len(labels)), TEST_SHARE, seed, "test")
    return Images(images, labels, tuple(str(digit) for digit in range(10)), test)
