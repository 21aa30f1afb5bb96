"""The post room: journals served as a tiled transparency log, for members' nodes and for anybody who verifies."""
