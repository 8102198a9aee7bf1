"""Few-shot neural architecture search with zero-cost proxies: splitting NAS-Bench-201 supernets."""
