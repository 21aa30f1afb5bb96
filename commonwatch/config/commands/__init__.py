"""The commands, one module for each; the modules that need the database are stepped into by `inside`."""
