"""Min-cut of the operations of one edge into groups: exact, and ties are drawn."""
