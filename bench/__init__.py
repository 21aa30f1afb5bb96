"""Every figure that the README quotes, beside a peer or a limit measured in the same run: `python -m bench [NAME ...]`."""
