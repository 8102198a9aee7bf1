"""What all property tests share: the same examples in every run, and no time limit on a loaded machine."""

from hypothesis import settings

repeatable = settings(derandomize=True, max_examples=60)
