"""A web service whose users chat through ChatKit, with FastAPI."""
