"""The sub-set s2 of GM-NAS's code (Hu et al. 2022): NAS-Bench-201 with two operations."""

from fsnas.spaces.cell import CellSpace, edges_of

space = CellSpace("nas-bench-201-s2", edges_of(4), ("skip_connect", "nor_conv_3x3"))
