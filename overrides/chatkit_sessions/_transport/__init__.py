"""Connections to the server. Nothing in here knows of ChatKit."""
