"""The sub-set s10 of GM-NAS's code (Hu et al. 2022): NAS-Bench-201 with two operations."""

from fsnas.spaces.cell import CellSpace, edges_of

space = CellSpace("nas-bench-201-s10", edges_of(4), ("none", "nor_conv_3x3"))
