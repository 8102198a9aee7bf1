"""NAS-Bench-201 (Dong and Yang 2020): the cell of four nodes with five operations."""

from fsnas.spaces.cell import BENCHMARKED, CellSpace, edges_of

space = CellSpace("nas-bench-201", edges_of(4), BENCHMARKED)
