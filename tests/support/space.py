"""The search space of the tests, and its names."""

from fsnas.spaces import load

SPACE = load("nas-bench-201")
EDGES, OPERATIONS = SPACE.edges, SPACE.operations
