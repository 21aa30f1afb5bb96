"""Every figure that the README quotes, beside a peer or a limit of the same run: `python -m bench [NAME ...]`."""
