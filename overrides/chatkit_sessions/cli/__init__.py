"""The command line `chatkit-sessions`, which needs the extra `chatkit-sessions[cli]`."""
