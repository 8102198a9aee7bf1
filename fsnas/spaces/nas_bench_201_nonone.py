"""The sub-set nonone of GM-NAS's code (Hu et al. 2022): NAS-Bench-201 without `none`."""

from fsnas.spaces.cell import CellSpace, edges_of

space = CellSpace("nas-bench-201-nonone", edges_of(4), ("skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"))
