"""One module per format, with its name: who a file is, what is in it, and what differs between two of them."""
