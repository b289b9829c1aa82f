"""The version of this package, in the one place that the build, the vendored copy and the User-Agent read."""

__version__ = "0.1.0"
