"""One module per file format: write and read, each with its format name and version inside the file."""
