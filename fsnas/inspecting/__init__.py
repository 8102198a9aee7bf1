"""What `fsnas inspect` and `fsnas diff` say: plain dicts, which ``--json`` prints and one renderer draws."""
