"""scikit-learn's handwritten digits."""

import numpy as np

from fsnas.data.sources import Facts
from fsnas.data.splits import Images, drawn_test_part

FACTS = Facts(train=753, valid=748, side=8, unmirrored="a mirrored digit is another sign")


def read(*, seed: int = 0) -> Images:
    """Return scikit-learn's 1,797 handwritten digits as 8x8 images; a seeded sixth of each class is the test part."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.round(bunch.images * (255 / 16)).astype(np.uint8)[:, None]
    labels = bunch.target.astype(np.int64)
    return Images(images, labels, tuple(str(digit) for digit in range(10)), drawn_test_part(labels, seed))
