"""The one error of this command."""


class VendorError(Exception):
    """Ends the command with one sentence."""
