"""NAS-Bench-201 (Dong and Yang 2020): the cell of four nodes with five operations."""

from fsnas.spaces.cell import CellSpace, edges_of

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")

space = CellSpace("nas-bench-201", edges_of(4), OPERATIONS)
